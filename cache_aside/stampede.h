// Who loads a value that many want at once. One file each:
//
//   none                    everybody who misses
//   single_flight           one in this process; the others wait for what it gets
//   distributed_lock        one in all processes: who holds the lock in Redis
//   early_refresh           a random few, before the value expires (XFetch)
//   stale_while_revalidate  one, in the background, while everybody gets the old value
//
// A policy decides twice: what to do with a value that was found (judge), and how to get one that was not (load). It
// never touches the database or decides what is true: fetch() does the loading and putting.
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cache_aside/cache.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

// What a reader gets.
struct Loaded {
  Entry entry;
  bool coalesced = false;  // somebody else had begun to load it
};

// A value that is missing, or too old.
struct Miss {
  std::string key;
  Lookup lookup;  // what the cache said
  // Loads it from the database and puts it into the cache, under `fence` if there is one (Cache::put). May be called
  // on any thread of the runtime, and lives on its own: what it refers to outlives the process's reads.
  std::function<common::Task<common::Result<Entry>>(std::string fence)> fetch;
};

class Stampede {
 public:
  enum class Verdict { use, use_and_refresh, reload };

  virtual ~Stampede() = default;

  // Of a value that was found. `chance`: uniform in (0, 1], thrown once for each read, however often the read judges.
  virtual Verdict judge(const Entry& entry, common::TimePoint now, double chance) const noexcept {
    (void)chance;
    return now < entry.fresh_until ? Verdict::use : Verdict::reload;
  }

  // For how long after fresh_until a value is to be kept.
  virtual common::Duration stale_for() const noexcept { return common::Duration{0}; }

  virtual common::Task<common::Result<Loaded>> load(Miss miss) = 0;

  // After use_and_refresh: begins to load it, without waiting.
  virtual void refresh(common::Executor executor, Miss miss) {
    (void)executor;
    (void)miss;
  }
};

}  // namespace cache_aside
