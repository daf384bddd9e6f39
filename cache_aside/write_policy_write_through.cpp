#include "cache_aside/write_policy_write_through.h"

namespace cache_aside {

common::Task<common::Result<Written>> WritePolicyWriteThrough::write(Write& write) {
  auto written = co_await write.commit(false);
  if (!may_have_changed(written)) co_return written;
  if (written.has_value() && written->value) {
    co_await cache().put(write.key(), parts().entry_of(write.key(), *written), guard(), "", "");
  } else {
    co_await cache().invalidate(write.key(), guard(), 0);
  }
  co_return written;
}

}  // namespace cache_aside
