// How often keys were asked for lately, in four bits a counter: a count-min sketch that forgets.
//
// Each key has four counters, by four hashes; its frequency is the least of them, so another key can only make it look
// more popular. After ten times as many counts as the cache has entries all counters are halved: what was popular long
// ago fades. (Einziger, Friedman and Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017.) Pure.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cache_aside {

class FrequencySketch {
 public:
  // `capacity`: entries of the cache.
  explicit FrequencySketch(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(16, capacity)) - 1),
        sample_(10 * std::max<std::size_t>(16, capacity)),
        counters_(mask_ + 1) {}

  unsigned frequency(std::uint64_t hash) const noexcept {
    unsigned least = 15;
    for (unsigned row = 0; row < 4; ++row)
      least = std::min(least, get(place(hash, row), row));
    return least;
  }

  void count(std::uint64_t hash) noexcept {
    bool counted = false;
    for (unsigned row = 0; row < 4; ++row) {
      const std::size_t at = place(hash, row);
      if (get(at, row) == 15) continue;
      counters_[at] = static_cast<std::uint16_t>(counters_[at] + (1u << (4 * row)));
      counted = true;
    }
    if (counted && ++counted_ >= sample_) halve();
  }

 private:
  std::size_t place(std::uint64_t hash, unsigned row) const noexcept {
    std::uint64_t x = hash + 0x9E3779B97F4A7C15ULL * (row + 1);  // splitmix64's finaliser
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<std::size_t>(x ^ (x >> 31)) & mask_;
  }
  unsigned get(std::size_t at, unsigned row) const noexcept { return (counters_[at] >> (4 * row)) & 15u; }
  void halve() noexcept {
    for (auto& four : counters_)
      four = static_cast<std::uint16_t>((four >> 1) & 0x7777);
    counted_ /= 2;
  }

  const std::size_t mask_;
  const std::size_t sample_;
  std::size_t counted_ = 0;
  std::vector<std::uint16_t> counters_;  // four rows of four bits, side by side
};

}  // namespace cache_aside
