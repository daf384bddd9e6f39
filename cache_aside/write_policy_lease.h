// lease: a miss is handed a stamp; an invalidation voids it; a load may be put only under the stamp it was handed.
//
// Right when: nearly always; it needs no version in the row, works for anything that can be named by a key, and does
// not care how long a load takes. It hurts: every miss writes to the cache (the stamp), and a Redis that evicts stamps
// refuses puts that would have been right. It never makes a reader wait: herds belong to the stampede policy.
//
// The change's transaction also writes an invalidation row, which is replayed when the process dies before the void, or
// the void is lost. (NSDI 2013, section 3.2.1; the row is their mcsqueal, which reads the commit log instead.)

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyLease final : public WritePolicy {
 public:
  using WritePolicy::WritePolicy;
  Guard guard() const noexcept override { return Guard::stamp; }
  common::Task<common::Result<Written>> write(Write& write) override { return commit_and_invalidate(write); }
};

}  // namespace cache_aside
