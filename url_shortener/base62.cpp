#include "url_shortener/base62.h"

#include <algorithm>
#include <array>
#include <limits>

namespace url_shortener::base62 {
namespace {

constexpr std::uint64_t base = alphabet.size();
constexpr std::uint8_t not_a_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values)
    value = not_a_digit;
  for (std::uint8_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = i;
  return values;
}

constexpr auto digit_values = make_values();

}  // namespace

std::string encode(std::uint64_t number, unsigned width) {
  std::string digits;
  do {
    digits.push_back(alphabet[number % base]);
    number /= base;
  } while (number != 0);
  while (digits.size() < width)
    digits.push_back(alphabet[0]);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::optional<std::uint64_t> decode(std::string_view digits) noexcept {
  if (digits.empty()) return std::nullopt;
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (const char c : digits) {
    const std::uint64_t digit = digit_values[static_cast<unsigned char>(c)];
    if (digit == not_a_digit || number > (max - digit) / base) return std::nullopt;
    number = number * base + digit;
  }
  return number;
}

}  // namespace url_shortener::base62
