#include "cache_aside/write_policy_double_delete.h"

namespace cache_aside {

using common::Task;

namespace {

Task<> delete_again(Cache& cache, std::string key) {
  co_await cache.invalidate(std::move(key), Guard::none, 0);
}

}  // namespace

Task<common::Result<Written>> WritePolicyDoubleDelete::write(Write& write) {
  co_await cache().invalidate(write.key(), guard(), 0);
  auto written = co_await write.commit(false);
  if (may_have_changed(written)) parts().later(delay, delete_again(cache(), write.key()));
  co_return written;
}

}  // namespace cache_aside
