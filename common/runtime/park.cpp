#include "common/runtime/park.h"

#include <algorithm>

namespace common {

void resume(std::vector<Parked> parked) {
  std::vector<std::vector<Parked>> batches;  // one an io_context; there are as few as threads
  for (auto& each : parked) {
    auto batch = std::find_if(batches.begin(), batches.end(),
                              [&](const auto& candidate) { return candidate.front().executor() == each.executor(); });
    if (batch == batches.end()) batch = batches.emplace(batches.end());
    batch->push_back(std::move(each));
  }
  for (auto& batch : batches) {
    const Executor executor = batch.front().executor();
    // Until post() has returned, run() may not: its caller may destroy the io_context right after.
    const asio::executor_work_guard<Executor> in_post(executor);
    asio::post(executor, [woken = std::move(batch)]() mutable {
      for (auto& each : woken)
        std::move(each).resume_here();
    });
  }
}

}  // namespace common
