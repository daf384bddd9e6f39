// SipHash-2-4: a keyed function of 64 bits that, to whoever lacks the key, looks random.
//
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. Here for messages of exactly
// eight bytes (one word, little-endian), which is all that permuted_counter.h asks.
// Pure and constant-time.

#pragma once

#include <bit>
#include <cstdint>

namespace url_shortener {

struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

namespace siphash_detail {

struct State {
  std::uint64_t v0, v1, v2, v3;

  constexpr void rounds(int count) noexcept {
    while (count-- > 0) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }

  constexpr void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
};

}  // namespace siphash_detail

// SipHash-2-4 of the eight bytes of `message`.
constexpr std::uint64_t siphash(SipKey key, std::uint64_t message) noexcept {
  siphash_detail::State state{
      key.low ^ 0x736F6D6570736575u,   // the paper's constants:
      key.high ^ 0x646F72616E646F6Du,  // "somepseudorandomlygeneratedbytes"
      key.low ^ 0x6C7967656E657261u,
      key.high ^ 0x7465646279746573u,
  };
  state.absorb(message);
  state.absorb(std::uint64_t{8} << 56);  // the length closes the message
  state.v2 ^= 0xFF;
  state.rounds(4);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace url_shortener
