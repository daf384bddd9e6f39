#include "url_shortener/machine_ids_memory.h"

#include <algorithm>

namespace url_shortener {

using common::Result;
using common::Task;

Task<Result<std::optional<MachineLease>>> MachineIdsMemory::lease(std::string owner, Millisecond now,
                                                                  std::chrono::milliseconds length) {
  const std::lock_guard lock(mutex_);
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& each) { return each.owner == owner; });
  if (row == rows_.end()) {
    row = std::min_element(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.until < b.until; });
    if (row->until > now) co_return std::nullopt;
    *row = {std::move(owner), now, now};
  }
  row->until = std::max(row->until, now + length);
  co_return MachineLease{static_cast<std::uint32_t>(row - rows_.begin()), row->from, row->until};
}

}  // namespace url_shortener
