#include "url_shortener/click_store_memory.h"

namespace url_shortener {

using common::Result;
using common::Task;

bool ClickStoreMemory::is_new(const ClickBatchId& id) {
  if (id.writer == 0) return true;
  const std::lock_guard lock(writers_mutex_);
  std::uint64_t& last = last_of_[id.writer];
  if (last >= id.number) return false;
  last = id.number;
  return true;
}

Task<Result<void>> ClickStoreMemory::add(std::vector<ClickCount> batch, ClickBatchId id) {
  if (!is_new(id)) co_return Result<void>{};
  for (const auto& count : batch) {
    Shard& home = shard(count.code);
    const std::lock_guard lock(home.mutex);
    Counts& counts = home.codes[count.code];
    counts.total += count.clicks;
    counts.daily[count.day] += count.clicks;
    counts.agents[count.agent] += count.clicks;
    const bool told_apart = counts.referrers.contains(count.referrer) || counts.referrers.size() < referrers_kept_max;
    counts.referrers[told_apart ? count.referrer : std::string(other_referrers)] += count.clicks;
  }
  co_return Result<void>{};
}

Task<Result<ClickStats>> ClickStoreMemory::stats(std::string code) {
  const auto rows = [](const Rollup& rollup) {
    std::vector<ClickStats::Row> result;
    for (const auto& [name, clicks] : rollup)
      result.push_back({name, clicks});
    return result;
  };
  ClickStats stats;
  {
    Shard& home = shard(code);
    const std::lock_guard lock(home.mutex);
    const auto found = home.codes.find(code);
    if (found == home.codes.end()) co_return stats;
    const Counts& counts = found->second;
    stats = {counts.total, rows(counts.daily), rows(counts.referrers), rows(counts.agents)};
  }
  arrange(stats);
  co_return stats;
}

}  // namespace url_shortener
