// The invalidations that are still to be done: rows that a change writes in its own transaction.
//
// Between a commit and the cache's invalidation a process can die, and the message can be lost; then the old value
// would stay. So the change itself leaves a row here. Who has told the cache settles it; what nobody has settled after
// a while is replayed by any process (invalidation_replay.h). This is the outbox pattern, applied to a cache.
//
// Settled rows stay for a while: processes that keep a local cache without a Redis between them read here what others
// have changed (since()).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace cache_aside {

struct Invalidation {
  std::uint64_t id = 0;
  std::string key;
  std::uint64_t version = 0;  // that the row has since
};

class InvalidationLog {
 public:
  virtual ~InvalidationLog() = default;

  // Not settled and written before `before`, oldest first, at most `limit`.
  virtual common::Task<common::Result<std::vector<Invalidation>>> pending(common::TimePoint before,
                                                                          std::size_t limit) = 0;
  virtual common::Task<common::Result<void>> settle(std::vector<std::uint64_t> ids) = 0;

  // All with a greater id than `after`, in order of id, at most `limit`.
  virtual common::Task<common::Result<std::vector<Invalidation>>> since(std::uint64_t after, std::size_t limit) = 0;
  // Whether ids become visible in their order. If not, they are given out before the commit: a smaller one may become
  // visible after a greater one, as long as a transaction lasts.
  virtual bool in_order() const noexcept { return false; }

  // What is not settled counts as written at `now`: somebody is at it.
  virtual common::Task<common::Result<void>> postpone(std::vector<std::uint64_t> ids, common::TimePoint now) = 0;

  // Forgets settled ones written before `before`, at most `limit`; how many.
  virtual common::Task<common::Result<std::size_t>> forget(common::TimePoint before, std::size_t limit) = 0;
};

}  // namespace cache_aside
