// A cache beside the database: three verbs, each of which happens as one step. Its implementations: cache_local.h (this
// process), cache_redis.h (all processes), cache_tiered.h (the first before the second), cache_none.h.
//
// What a Guard does, and the race that it is for: slot.h.
//
//   1. Each verb is atomic, also between processes that share the cache.
//   2. Under Guard::stamp and Guard::version, put() never brings back what a finished invalidate() has made old.
//   3. No failure of a cache is a failure of a read: then `away` is said, or put() answers false.
//   4. Under the same two, look-ups without a value, one before and one after an invalidate(), have different tickets.
//   5. invalidate() answers true when nobody can read the old value from this cache any more.
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache_aside/entry.h"
#include "cache_aside/slot.h"
#include "common/runtime/task.h"

namespace cache_aside {

struct Lookup {
  std::optional<Entry> entry;  // none: a miss. It may be past fresh_until
  std::string ticket;          // to be given to put() with what is loaded now
  std::uint64_t floor = 0;     // of a miss: an invalidation said that the row has at least this version
  bool away = false;           // the cache could not be asked
};

class Cache {
 public:
  virtual ~Cache() = default;

  virtual common::Task<Lookup> get(std::string key, Guard guard) = 0;

  // Whether it is kept. `fence`: the lock's token under which it was loaded; put() is refused when the lock has another
  // holder by now (locks.h). Empty: no lock.
  virtual common::Task<bool> put(std::string key, Entry entry, Guard guard, std::string ticket, std::string fence) = 0;

  // To be awaited after the database has changed, before anybody is told so. `version`: the row's new one, 0 when
  // nobody knows.
  virtual common::Task<bool> invalidate(std::string key, Guard guard, std::uint64_t version) = 0;

  // The entry, if this process has it at hand: no waiting, no stamp. For the hot path.
  virtual std::optional<Entry> peek(std::string_view key) {
    (void)key;
    return std::nullopt;
  }
};

}  // namespace cache_aside
