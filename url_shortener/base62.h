// Numbers as digits 0-9 A-Z a-z, most significant first: what short codes are written in.
//
// Exact both ways: decode(encode(n)) == n for every 64-bit n, and encode(decode(s), s.size()) == s for
// every s that decodes. The order of equally long codes is the order of their numbers. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace url_shortener::base62 {

inline constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// 62^10 is the last power below 2^64.
inline constexpr unsigned exponent_max = 10;

// 62^exponent; exponent at most exponent_max.
constexpr std::uint64_t power(unsigned exponent) noexcept {
  std::uint64_t result = 1;
  while (exponent-- > 0)
    result *= alphabet.size();
  return result;
}

// `number` in as few digits as it takes, but at least `width` (padded with '0').
std::string encode(std::uint64_t number, unsigned width = 1);

// nullopt for an empty string, a character outside the alphabet, or a number above 2^64 - 1.
std::optional<std::uint64_t> decode(std::string_view digits) noexcept;

}  // namespace url_shortener::base62
