// A counter that does not look like one: a keyed bijection of [0, 62^n) onto itself.
//
// A plain counter never collides, but it tells everybody how many links there are and what the next
// one is called. Random codes tell nothing, but they collide. Shuffle the counter's numbers with a secret
// key and both problems are gone: 0, 1, 2, … become codes in an order only the key knows, and since a
// permutation maps no two numbers to one, no code ever comes twice. Nothing is stored but the counter and
// the key.
//
// How. A Feistel network turns any keyed function f into a bijection on pairs of half-words, whatever f is:
//
//     (left, right)  →  (right, left xor f(round, right))       undone by running it backwards
//
// Luby and Rackoff (1988) proved that three rounds of a random f give a pseudorandom permutation and four a
// strong one, for halves so wide that an attacker sees few of their values. Ours are 3n bits (21 for seven
// digits), so there are ten rounds, as many as NIST's FF1 has (SP 800-38G).
//
// A network of bits permutes [0, 2^6n), a little more than [0, 62^n). Cycle walking (Black and Rogaway,
// "Ciphers with Arbitrary Finite Domains", 2002) cuts it to size: a result outside is put through again
// until one falls inside. A permutation's cycles close, so the walk that began inside comes back inside, and
// it remains a bijection. It takes (64/62)^n passes on average: 1.25 for seven digits.
//
// Pure and immutable: safe from any thread. tests/url_shortener/permuted_counter_test.cpp counts every
// number of 62^1, 62^2 and 62^3.

#pragma once

#include <cassert>
#include <cstdint>

#include "url_shortener/base62.h"
#include "url_shortener/siphash.h"

namespace url_shortener {

class PermutedCounter {
 public:
  // `digits` from 1 to base62::exponent_max. Other digits are another permutation under the same key.
  constexpr PermutedCounter(SipKey key, unsigned digits) noexcept
      : key_(key),
        digits_(digits),
        half_bits_(3 * digits),
        half_mask_((std::uint64_t{1} << half_bits_) - 1),
        size_(base62::power(digits)) {
    assert(digits >= 1 && digits <= base62::exponent_max);
  }

  // 62^digits: how many numbers there are.
  constexpr std::uint64_t size() const noexcept { return size_; }

  // Where `number` lands. Both are below size().
  constexpr std::uint64_t permute(std::uint64_t number) const noexcept {
    assert(number < size_);
    do
      number = forwards(number);
    while (number >= size_);
    return number;
  }

  // The number that permute() maps to `image`.
  constexpr std::uint64_t invert(std::uint64_t image) const noexcept {
    assert(image < size_);
    do
      image = backwards(image);
    while (image >= size_);
    return image;
  }

 private:
  static constexpr unsigned rounds = 10;

  // The round function: a half in, a half out. The round and the number of digits go into the message, so
  // that all rounds of all sizes are different functions.
  constexpr std::uint64_t mix(unsigned round, std::uint64_t half) const noexcept {
    const std::uint64_t message =
        std::uint64_t{digits_} << 56 | std::uint64_t{round} << 48 | half;  // half is at most 30 bits
    return siphash(key_, message) & half_mask_;
  }

  constexpr std::uint64_t forwards(std::uint64_t number) const noexcept {
    std::uint64_t left = number >> half_bits_;
    std::uint64_t right = number & half_mask_;
    for (unsigned round = 0; round < rounds; ++round) {
      const std::uint64_t mixed = left ^ mix(round, right);
      left = right;
      right = mixed;
    }
    return left << half_bits_ | right;
  }

  constexpr std::uint64_t backwards(std::uint64_t image) const noexcept {
    std::uint64_t left = image >> half_bits_;
    std::uint64_t right = image & half_mask_;
    for (unsigned round = rounds; round-- > 0;) {
      const std::uint64_t unmixed = right ^ mix(round, left);
      right = left;
      left = unmixed;
    }
    return left << half_bits_ | right;
  }

  SipKey key_;
  unsigned digits_;
  unsigned half_bits_;
  std::uint64_t half_mask_;
  std::uint64_t size_;
};

}  // namespace url_shortener
