#include "cache_aside/write_policy_delete_before_commit.h"

namespace cache_aside {

common::Task<common::Result<Written>> WritePolicyDeleteBeforeCommit::write(Write& write) {
  co_await cache().invalidate(write.key(), guard(), 0);
  co_return co_await write.commit(false);
}

}  // namespace cache_aside
