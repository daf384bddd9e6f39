#include "cache_aside/write_policy.h"

namespace cache_aside {

using common::Result;
using common::Task;

namespace {

Task<> settle(InvalidationLog& log, std::uint64_t note) {
  co_await log.settle(std::vector<std::uint64_t>(1, note));  // not settled: it is replayed, which does no harm
}

}  // namespace

Task<Result<Written>> WritePolicy::commit_and_invalidate(Write& write) {
  auto written = co_await write.commit(true);
  if (!may_have_changed(written)) co_return written;
  const std::uint64_t note = written.has_value() ? written->note : 0;
  co_await invalidate_and_settle(write.key(), version_of(written), note);
  co_return written;
}

Task<> WritePolicy::created(std::string key, std::uint64_t version, std::uint64_t note) {
  co_await invalidate_and_settle(std::move(key), version, note);
}

Task<> WritePolicy::invalidate_and_settle(std::string key, std::uint64_t version, std::uint64_t note) {
  const bool certain = co_await cache().invalidate(std::move(key), guard(), version);
  if (!certain || note == 0) co_return;
  parts().count_query();
  parts().later(common::Duration{0}, settle(parts().log, note));
}

}  // namespace cache_aside
