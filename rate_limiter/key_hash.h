// 128 bits that stand for a key's text: SipHash with a secret key.
//
// A table that keeps texts needs memory for them, and whoever chooses the texts can choose a kilobyte each. 16 bytes do
// instead: among 10 million keys two meet with a probability of 2^-82. That holds against somebody who wants them to
// meet, too, since without the secret nobody can tell which texts would.
//
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, with the 128-bit output of their reference
// code. The rounds are a parameter: 2 and 4 are the paper's, tested against its vectors; tables get by with 1 and 3.
// Pure.

#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rate_limiter {

struct KeyHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const KeyHash&) const = default;
};

struct HashSecret {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

template <int each, int last>
class SipHash128 {
 public:
  explicit constexpr SipHash128(HashSecret secret) noexcept
      : v0_(0x736F6D6570736575u ^ secret.low),
        v1_(0x646F72616E646F6Du ^ secret.high ^ 0xEE),
        v2_(0x6C7967656E657261u ^ secret.low),
        v3_(0x7465646279746573u ^ secret.high) {}

  constexpr void word(std::uint64_t word) noexcept {
    v3_ ^= word;
    rounds(each);
    v0_ ^= word;
  }
  // The end of the message, `length` bytes in all with the words before.
  KeyHash finish(std::string_view rest, std::size_t length) noexcept {
    for (; rest.size() >= 8; rest.remove_prefix(8)) {
      std::uint64_t eight;
      std::memcpy(&eight, rest.data(), 8);
      word(eight);
    }
    std::uint64_t tail = std::uint64_t{length} << 56;
    for (std::size_t i = 0; i < rest.size(); ++i)
      tail |= std::uint64_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    word(tail);
    v2_ ^= 0xEE;
    rounds(last);
    KeyHash hash{v0_ ^ v1_ ^ v2_ ^ v3_, 0};
    v1_ ^= 0xDD;
    rounds(last);
    hash.high = v0_ ^ v1_ ^ v2_ ^ v3_;
    return hash;
  }

 private:
  constexpr void rounds(int count) noexcept {
    while (count-- > 0) {
      v0_ += v1_;
      v2_ += v3_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v1_;
      v0_ += v3_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

static_assert(std::endian::native == std::endian::little, "the reference reads words in little-endian order");

// Of a key under the limit that `limit_id` stands for. Never all zeros, which tables use for "empty".
inline KeyHash key_hash(HashSecret secret, std::uint64_t limit_id, std::string_view key) noexcept {
  SipHash128<1, 3> hash(secret);
  hash.word(limit_id);
  KeyHash made = hash.finish(key, 8 + key.size());
  made.low |= made.low == 0 && made.high == 0 ? 1 : 0;
  return made;
}

}  // namespace rate_limiter
