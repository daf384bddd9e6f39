// distributed_lock: of all processes one loads, the one that holds the key's lock in Redis; the others look for the
// value until it is there.
//
// Right when: a load is so expensive that one a process is too many. It hurts: waiting is polling, each miss costs two
// more round trips, and a holder that dies delays everybody by the lock's life. In each process one looks on behalf of
// all (flights.h).
//
// The lock is fenced: who comes back after it expired is refused by the cache (locks.h). A lock is about load, never
// about truth: that is the write policy's.

#pragma once

#include "cache_aside/flights.h"
#include "cache_aside/locks.h"
#include "cache_aside/stampede.h"

namespace cache_aside {

class StampedeDistributedLock final : public Stampede {
 public:
  static constexpr std::chrono::seconds lock_life{5};
  static constexpr std::chrono::milliseconds look_every{5};

  // All outlive this. `guard` as the write policy has it; `patience`: how long one waiter waits.
  StampedeDistributedLock(Cache& cache, Guard guard, Locks& locks, const common::Clock& clock,
                          common::Duration patience)
      : cache_(cache), guard_(guard), locks_(locks), clock_(clock), patience_(patience) {}

  common::Task<common::Result<Loaded>> load(Miss miss) override;

 private:
  common::Task<Flights::Outcome> load_or_wait(Miss miss);

  Cache& cache_;
  const Guard guard_;
  Locks& locks_;
  const common::Clock& clock_;
  const common::Duration patience_;
  Flights flights_;
};

}  // namespace cache_aside
