#include "cache_aside/invalidation_log_memory.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;

Task<Result<std::vector<Invalidation>>> InvalidationLogMemory::pending(TimePoint before, std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::vector<Invalidation> found;
  for (const auto& [id, note] : store_.notes) {
    if (!note.settled && note.at < before && found.size() < limit) found.push_back(note.invalidation);
  }
  co_return found;
}

Task<Result<void>> InvalidationLogMemory::settle(std::vector<std::uint64_t> ids) {
  const std::lock_guard lock(store_.mutex);
  for (const std::uint64_t id : ids) {
    if (const auto found = store_.notes.find(id); found != store_.notes.end()) found->second.settled = true;
  }
  co_return Result<void>{};
}

Task<Result<std::vector<Invalidation>>> InvalidationLogMemory::since(std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(store_.mutex);
  std::vector<Invalidation> found;
  for (auto at = store_.notes.upper_bound(after); at != store_.notes.end() && found.size() < limit; ++at)
    found.push_back(at->second.invalidation);
  co_return found;
}

Task<Result<std::uint64_t>> InvalidationLogMemory::last_before(TimePoint before) {
  const std::lock_guard lock(store_.mutex);
  std::uint64_t last = 0;
  for (const auto& [id, note] : store_.notes) {
    if (note.at < before) last = id;
  }
  co_return last;
}

Task<Result<void>> InvalidationLogMemory::forget(TimePoint before) {
  const std::lock_guard lock(store_.mutex);
  std::erase_if(store_.notes, [&](const auto& each) { return each.second.settled && each.second.at < before; });
  co_return Result<void>{};
}

}  // namespace cache_aside
