// Cache-aside: ask the cache, on a miss the database, and put what it said into the cache.
//
//   textbook                             here
//   value = cache.get(key)               the same, guarded as the write policy wants it (slot.h)
//   if not value:
//     value = database.query(key)        whoever the stampede policy lets (stampede.h)
//     cache.setex(key, ttl, value)       the same; the TTL with jitter, so that what was loaded together
//                                        does not expire together
//
// That there is no row is cached too, for a shorter time (negative_ttl); the write that creates the row invalidates it.
//
//   1. A read answers a value that was committed; under lease and versioned one that no write acknowledged before the
//      read began has overwritten, as far as the cache can be reached (cache_redis.h says what happens when not).
//   2. A failing cache costs time, never an answer.
//   3. A write is of one row. What goes with it (a removed user's posts) is invalidated from the log, within about a
//      second of the commit (Maintenance::replay_after).
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cache_aside/cache.h"
#include "cache_aside/cache_metrics.h"
#include "cache_aside/stampede.h"
#include "common/clock.h"
#include "common/random.h"

namespace cache_aside {

// Where an answer came from: the X-Cache header.
enum class Source { hit, miss, stale, coalesced, negative, bypass };
std::string_view to_string(Source source) noexcept;

struct Read {
  Entry entry;
  Source source = Source::miss;
};

// The row of a key, from the database; none when there is no such row. `floor`: it is known to have at least this
// version, so a replica that answers less is behind; or unknown_floor.
using Load = std::function<common::Task<common::Result<std::optional<Row>>>(std::uint64_t floor)>;

// A read that was sent and not answered has done nothing that could not be done again: not an unknown outcome, merely
// none.
common::Error as_read(common::Error error);

class CacheAside {
 public:
  struct Options {
    common::Duration negative_ttl = std::chrono::seconds{5};  // 0: absence is not cached
    unsigned jitter_percent = 10;                             // a TTL is shortened by up to this much
    bool bypass = false;                                      // there is no cache: say so
  };

  // All outlive this.
  CacheAside(Cache& cache, Stampede& stampede, Guard guard, const common::Clock& clock, CacheMetrics& metrics,
             Options options)
      : cache_(cache), stampede_(stampede), guard_(guard), clock_(clock), metrics_(metrics), options_(options) {}

  // `load` may run after the read has been answered, and on another thread. `chance`: what read_now() was given, if
  // that was asked first.
  common::Task<common::Result<Read>> read(std::string key, common::Duration ttl, Load load,
                                          std::optional<double> chance = std::nullopt);

  // The same, when no waiting is needed: a value at hand that is to be used as it is. `chance`: of throw_chance().
  std::optional<Read> read_now(std::string_view key, double chance);

  // What a read is answered, and counted as, when there surely is no such row: the cache was not asked.
  Read absent() const;

  // One throw decides about one read (Stampede::judge).
  static double throw_chance(common::Random& random) { return 1.0 - random.unit(); }

  // After a change of what has no version of its own, such as a list. Whether nobody can read the old value any more.
  common::Task<bool> forget(std::string key);

  // An entry for a row that was loaded or written just now.
  Entry entry_of(std::optional<Row> row, std::uint64_t floor, common::Duration ttl, common::Duration load_time,
                 common::Random& random) const;

 private:
  common::Task<common::Result<Entry>> fetch(std::string key, common::Duration ttl, Lookup lookup, Load load,
                                            std::string fence);
  Guard guard_of(std::string_view key) const noexcept;
  Miss miss_of(const std::string& key, common::Duration ttl, Lookup lookup, Load load);

  Cache& cache_;
  Stampede& stampede_;
  const Guard guard_;
  const common::Clock& clock_;
  CacheMetrics& metrics_;
  const Options options_;
};

}  // namespace cache_aside
