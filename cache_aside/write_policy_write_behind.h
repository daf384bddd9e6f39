// write_behind: the change goes into a durable queue and the new value into the cache; the table is changed later, by
// whoever works off the queue (UserStore::work_off; maintenance.h).
//
// Right when: one row is changed many times in a short while, since the queue keeps one change a row. The queue is a
// table beside the rows, so an acknowledged change survives a crash. It hurts: until the queue is worked off the
// database is old, so whoever misses (the value was evicted, the put was lost) reads the old value and caches it.

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyWriteBehind final : public WritePolicy {
 public:
  using WritePolicy::WritePolicy;
  bool queues() const noexcept override { return true; }
  common::Task<common::Result<Written>> write(Write& write) override;
};

}  // namespace cache_aside
