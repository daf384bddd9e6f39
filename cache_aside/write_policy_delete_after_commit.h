// delete_after_commit: the database is changed, then the key is deleted. The interview's answer, and cache-aside as
// most of the field runs it.
//
// Right when: a value that stays old until its TTL can be lived with. It hurts when a reader loaded before the commit
// and puts after the delete: then the old value stays for the whole TTL. And when the delete is lost, or the process
// dies before it.

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyDeleteAfterCommit final : public WritePolicy {
 public:
  using WritePolicy::WritePolicy;
  common::Task<common::Result<Written>> write(Write& write) override;
};

}  // namespace cache_aside
