// Which shard has a key: consistent hashing.
//
// With `hash(key) % shards`, one shard more moves nearly every key. So shards and keys are put on a ring of 2^64
// places, and a key belongs to the first shard at or after it. One more shard takes over the stretches before its own
// places, and nothing else moves: of n + 1 shards 1 in n + 1 keys. Each shard has many places, since with one each the
// longest stretch is several times the shortest: with 256 the shards' shares differ by about 1/sqrt(256), 6 %.
//
// Karger, Lehman, Leighton, Panigrahy, Levine and Lewin, "Consistent Hashing and Random Trees", STOC 1997.
// Pure and immutable. The hash is the first 64 bits of SHA-256: a ring must be the same in every process, for ever.

#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/digest.h"

namespace url_shortener {

class ShardRing {
 public:
  static constexpr std::size_t places_each = 256;

  // Shards are told apart by their index, from 0: a new one goes to the end. At least one.
  explicit ShardRing(std::size_t shards) : shards_(shards) {
    if (shards == 0) throw std::invalid_argument("a ring needs a shard");
    for (std::size_t shard = 0; shard < shards; ++shard) {
      for (std::size_t place = 0; place < places_each; ++place)
        places_.push_back({hash("shard " + std::to_string(shard) + " place " + std::to_string(place)), shard});
    }
    std::sort(places_.begin(), places_.end());
  }

  std::size_t shards() const noexcept { return shards_; }

  std::size_t owner(std::string_view key) const {
    const auto after = std::lower_bound(places_.begin(), places_.end(), Place{hash(key), 0});
    return after == places_.end() ? places_.front().shard : after->shard;
  }

 private:
  struct Place {
    std::uint64_t hash;
    std::size_t shard;
    auto operator<=>(const Place&) const = default;
  };

  static std::uint64_t hash(std::string_view text) {
    std::uint64_t bits = 0;
    for (const char byte : common::sha256(text).substr(0, sizeof bits))
      bits = bits << 8 | static_cast<unsigned char>(byte);
    return bits;
  }

  std::size_t shards_;
  std::vector<Place> places_;
};

}  // namespace url_shortener
