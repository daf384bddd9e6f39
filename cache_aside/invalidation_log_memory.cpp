#include "cache_aside/invalidation_log_memory.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;

Task<Result<std::vector<Invalidation>>> InvalidationLogMemory::pending(TimePoint before, std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::vector<Invalidation> found;
  for (const std::uint64_t id : store_.unsettled) {
    const auto& note = store_.notes.at(id);
    if (note.at < before) found.push_back(note.invalidation);
    if (found.size() == limit) break;
  }
  co_return found;
}

Task<Result<void>> InvalidationLogMemory::settle(std::vector<std::uint64_t> ids) {
  const std::lock_guard lock(store_.mutex);
  for (const std::uint64_t id : ids)
    store_.unsettled.erase(id);
  co_return Result<void>{};
}

Task<Result<std::vector<Invalidation>>> InvalidationLogMemory::since(std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::vector<Invalidation> found;
  for (auto at = store_.notes.upper_bound(after); at != store_.notes.end() && found.size() < limit; ++at)
    found.push_back(at->second.invalidation);
  co_return found;
}

Task<Result<void>> InvalidationLogMemory::postpone(std::vector<std::uint64_t> ids, TimePoint now) {
  const std::lock_guard lock(store_.mutex);
  for (const std::uint64_t id : ids) {
    if (store_.unsettled.contains(id)) store_.notes.at(id).at = now;
  }
  co_return Result<void>{};
}

Task<Result<std::size_t>> InvalidationLogMemory::forget(TimePoint before, std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::size_t forgotten = 0;
  for (auto at = store_.notes.begin(); at != store_.notes.end() && forgotten < limit;) {
    const bool old = at->second.at < before && !store_.unsettled.contains(at->first);
    at = old ? store_.notes.erase(at) : std::next(at);
    if (old) ++forgotten;
  }
  co_return forgotten;
}

}  // namespace cache_aside
