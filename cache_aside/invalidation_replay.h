// Does what the invalidation log says is still to be done: after a crash, or when the cache did not hear.
//
//   1. What is replayed has been committed. Doing it again, or late, is harmless: a value that has the change already
//      stays (slot.h).
//   2. A row is settled only after `carry_out` has answered that it is done.
//   3. Any process may replay any row; several at once only do it twice.

#pragma once

#include <functional>

#include "cache_aside/invalidation_log.h"

namespace cache_aside {

// Whether it is certainly done.
using CarryOut = std::function<common::Task<bool>(Invalidation invalidation)>;

// Replays what was written before `before`, at most `limit` rows; answers how many were settled.
inline common::Task<std::size_t> replay(InvalidationLog& log, common::TimePoint before, std::size_t limit,
                                        const CarryOut& carry_out) {
  const auto pending = co_await log.pending(before, limit);
  if (pending.has_error()) co_return 0;
  std::vector<std::uint64_t> done;
  for (const Invalidation& each : *pending) {
    const bool certain = co_await carry_out(each);
    if (certain) done.push_back(each.id);
  }
  if (done.empty()) co_return 0;
  const std::size_t count = done.size();
  const auto settled = co_await log.settle(std::move(done));
  co_return settled.has_error() ? 0 : count;
}

}  // namespace cache_aside
