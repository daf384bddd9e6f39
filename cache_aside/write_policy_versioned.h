// versioned: every entry carries its row's version; the cache refuses what is older than what it has seen.
//
// Right when: rows have versions, as optimistic locking needs anyway, and loads may come from a replica that lags: what
// the replica answers too old is recognised. It hurts: after an invalidation a marker with the new version must outlive
// every load under way, so a cache that evicts markers, or a load longer than a marker lives, brings the race back.
//
// The change's transaction also writes an invalidation row, as for lease. (Uber's CacheFront compares row versions
// likewise.)

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyVersioned final : public WritePolicy {
 public:
  using WritePolicy::WritePolicy;
  Guard guard() const noexcept override { return Guard::version; }
  common::Task<common::Result<Written>> write(Write& write) override { return commit_and_invalidate(write); }
};

}  // namespace cache_aside
