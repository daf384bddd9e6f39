// delete_before_commit: the key is deleted, then the database is changed. Wrong in every textbook that shows it.
//
// Right when: never; it is here to be seen. It hurts at once: between the delete and the commit any reader misses,
// loads the old value, which is still the committed one, and puts it back. No luck is needed, a slow commit is enough.

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyDeleteBeforeCommit final : public WritePolicy {
 public:
  using WritePolicy::WritePolicy;
  common::Task<common::Result<Written>> write(Write& write) override;
};

}  // namespace cache_aside
