// The local cache: values in this process's memory, bounded by entries and by bytes.
//
// Sharded by the key's hash: a shard has a lock, a table, and an eviction policy (eviction.h). A hit is one look-up
// under a lock that is hardly ever held.
//
//   1. At most entries_max entries and bytes_max bytes of keys, values and their bookkeeping, over all shards.
//   2. Guard::stamp costs no memory for misses: each key shares one of a few hundred counters with others, invalidate()
//      raises it, and a ticket is its value. At worst a put is refused that would have been right.
//   3. Guard::version's markers stand beside the entries, so no eviction takes one away while it is needed. There are
//      at most markers_max of them for a shard, one for each key; when one has to go early, all puts of loads from
//      before are refused. Under Guard::stamp a marker only says which version a replica must have reached (floor).
//   4. Under both guards a ticket tells a look-up before an invalidation from one after it, also where a put would be
//      accepted under either: who shares a load (flights.h) goes by that.
//   5. suspend() forgets everything and keeps nothing until resume(): for when others' invalidations cannot be heard.
//
// What another process changes is not seen here by itself: cache_tiered.h and maintenance.h see to that.

#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache_aside/cache.h"
#include "cache_aside/eviction_sieve.h"
#include "common/clock.h"
#include "common/text.h"

namespace cache_aside {

class CacheLocal final : public Cache {
 public:
  struct Options {
    std::function<std::unique_ptr<Eviction>(std::size_t capacity)> eviction = [](std::size_t capacity) {
      return std::make_unique<EvictionSieve>(capacity);
    };
    std::size_t entries_max = 100'000;
    std::size_t bytes_max = 256 * 1024 * 1024;
    std::size_t shards = 16;
    std::size_t markers_max = 1024;                                    // for each shard
    std::chrono::microseconds marker_life = std::chrono::seconds{30};  // longer than any load
  };

  CacheLocal(const common::Clock& clock, Options options);

  common::Task<Lookup> get(std::string key, Guard guard) override;
  common::Task<bool> put(std::string key, Entry entry, Guard guard, std::string ticket, std::string fence) override;
  common::Task<bool> invalidate(std::string key, Guard guard, std::uint64_t version) override;
  std::optional<Entry> peek(std::string_view key) override;

  // The same at once.
  Lookup look_up(std::string_view key, Guard guard);
  bool put_now(std::string_view key, Entry entry, Guard guard, std::string_view ticket);
  void invalidate_now(std::string_view key, Guard guard, std::uint64_t version);

  // Forgets everything, and refuses puts of loads from before.
  void clear();
  void suspend();
  void resume();

  std::size_t entries() const;
  std::size_t bytes() const;

 private:
  static constexpr std::size_t epoch_count = 512;  // of a shard

  struct Cell {
    std::string key;
    Entry entry;
    std::size_t bytes = 0;
  };
  struct Marker {
    std::uint64_t version;
    common::TimePoint until;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;  // guards all of it
    std::unordered_map<std::string, Eviction::Slot, common::StringHash, std::equal_to<>> index;
    std::vector<Cell> cells;
    std::vector<Eviction::Slot> free;
    std::unique_ptr<Eviction> eviction;
    std::size_t bytes = 0;
    std::array<std::uint64_t, epoch_count> epochs{};
    std::unordered_map<std::string, Marker, common::StringHash, std::equal_to<>> markers;
    std::deque<std::pair<common::TimePoint, std::string>> marker_ages;  // one for each marker
    std::uint64_t generation = 0;  // raised when markers went early, and by clear()
  };

  Shard& shard_of(std::size_t hash) { return shards_[(hash >> 40) % shards_.size()]; }
  Cell* find(Shard& shard, std::string_view key, common::TimePoint now);
  static std::string ticket(const Shard& shard, std::size_t hash, Guard guard);
  static bool is_valid(std::string_view ticket, const Shard& shard, std::size_t hash, Guard guard);
  void remove(Shard& shard, Eviction::Slot slot);
  void make_room(Shard& shard, std::size_t bytes);
  void mark(Shard& shard, std::string_view key, std::uint64_t version, common::TimePoint now, Guard guard);
  void make_marker_room(Shard& shard, common::TimePoint now, Guard guard);
  static void forget_all(Shard& shard);

  const common::Clock& clock_;
  const Options options_;
  std::size_t shard_entries_;
  std::size_t shard_bytes_;
  std::vector<Shard> shards_;
  std::atomic<bool> suspended_{false};
};

}  // namespace cache_aside
