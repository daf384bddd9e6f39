#include "cache_aside/write_policy_delete_after_commit.h"

namespace cache_aside {

common::Task<common::Result<Written>> WritePolicyDeleteAfterCommit::write(Write& write) {
  auto written = co_await write.commit(false);
  if (may_have_changed(written)) co_await cache().invalidate(write.key(), guard(), 0);
  co_return written;
}

}  // namespace cache_aside
