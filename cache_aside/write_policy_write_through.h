// write_through: the database is changed, and the new value is put into the cache instead of deleting the old one.
//
// Right when: what is written is read soon, so that no reader pays for the miss. It hurts: readers still race it, as
// they race a delete; and of two writers the first to commit may be the last to put, after which the cache holds a
// value that the second has overwritten. A lost put leaves the old value.

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyWriteThrough final : public WritePolicy {
 public:
  using WritePolicy::WritePolicy;
  common::Task<common::Result<Written>> write(Write& write) override;
};

}  // namespace cache_aside
