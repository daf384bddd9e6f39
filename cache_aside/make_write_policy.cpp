#include "cache_aside/make_write_policy.h"

#include <array>
#include <stdexcept>

#include "cache_aside/write_policy_delete_after_commit.h"
#include "cache_aside/write_policy_delete_before_commit.h"
#include "cache_aside/write_policy_double_delete.h"
#include "cache_aside/write_policy_lease.h"
#include "cache_aside/write_policy_versioned.h"
#include "cache_aside/write_policy_write_behind.h"
#include "cache_aside/write_policy_write_through.h"

namespace cache_aside {

std::span<const WritePolicyChoice> write_policy_choices() {
  static constexpr std::array<WritePolicyChoice, 7> choices{{
      {"lease", "a miss gets a stamp that an invalidation voids: no old value returns"},
      {"versioned", "the cache refuses what is older than it has seen: compare-and-set"},
      {"delete_after_commit", "commit, then DEL (the textbook's cache-aside)"},
      {"delete_before_commit", "DEL, then commit: the classic mistake"},
      {"double_delete", "DEL, commit, and DEL again half a second later"},
      {"write_through", "commit, then put the new value"},
      {"write_behind", "a durable queue and the cache now, the table later (write-back)"},
  }};
  return choices;
}

std::unique_ptr<WritePolicy> make_write_policy(std::string_view name, WritePolicy::Parts parts) {
  if (name == "lease") return std::make_unique<WritePolicyLease>(std::move(parts));
  if (name == "versioned") return std::make_unique<WritePolicyVersioned>(std::move(parts));
  if (name == "delete_after_commit") return std::make_unique<WritePolicyDeleteAfterCommit>(std::move(parts));
  if (name == "delete_before_commit") return std::make_unique<WritePolicyDeleteBeforeCommit>(std::move(parts));
  if (name == "double_delete") return std::make_unique<WritePolicyDoubleDelete>(std::move(parts));
  if (name == "write_through") return std::make_unique<WritePolicyWriteThrough>(std::move(parts));
  if (name == "write_behind") return std::make_unique<WritePolicyWriteBehind>(std::move(parts));
  throw std::invalid_argument("no write policy " + std::string(name));
}

}  // namespace cache_aside
