// double_delete: delete, commit, answer, and delete once more after a while ("delayed double delete").
//
// Right when: nothing better can be had, since it needs only DEL. It hurts: the delay is a guess at the longest load.
// A reader slower than that still brings the old value back for the whole TTL, readers in between are served the old
// one, and each change costs two misses instead of one.

#pragma once

#include "cache_aside/write_policy.h"

namespace cache_aside {

class WritePolicyDoubleDelete final : public WritePolicy {
 public:
  static constexpr std::chrono::milliseconds delay{500};

  using WritePolicy::WritePolicy;
  common::Task<common::Result<Written>> write(Write& write) override;
};

}  // namespace cache_aside
