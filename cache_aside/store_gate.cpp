#include "cache_aside/store_gate.h"

#include "common/log.h"

namespace cache_aside {

using common::Parked;

StoreGate::StoreGate(Options options, common::Metrics& metrics)
    : options_(options),
      queries_(metrics.per_thread_counter("database_queries_total", "queries made for requests")),
      maintenance_(metrics.per_thread_counter("database_maintenance_queries_total",
                                              "queries of housekeeping: fan-out, replays, queues, change logs")) {
  metrics.gauge_of("database_queries_waiting", "queries in line for the database (--store-concurrency)", [this] {
    const std::lock_guard lock(line_->mutex);
    return static_cast<double>(line_->waiting.size());
  });
  if (options_.delay.count() > 0) common::log::warn("--store-delay: each query is delayed");
}

StoreGate::~StoreGate() {
  std::deque<Parked> gone;  // outside the lock: with each goes the coroutine that waits
  const std::lock_guard lock(line_->mutex);
  line_->closed = true;
  gone.swap(line_->waiting);
}

// A place that becomes free goes to the first in line: who comes later never overtakes.
common::Task<bool> StoreGate::enter() {
  if (options_.concurrency == 0) co_return true;
  {
    const std::lock_guard lock(line_->mutex);
    if (line_->inside < options_.concurrency) {
      ++line_->inside;
      co_return true;
    }
    if (line_->waiting.size() >= options_.queue_max) co_return false;
  }
  co_await common::park(co_await common::asio::this_coro::executor, [&](Parked self) {
    std::unique_lock lock(line_->mutex);
    if (line_->inside < options_.concurrency) {
      ++line_->inside;
      lock.unlock();
      std::vector<Parked> one;
      one.push_back(std::move(self));
      common::resume(std::move(one));
    } else {
      line_->waiting.push_back(std::move(self));
    }
  });
  co_return true;
}

void StoreGate::leave(Line& line) {
  std::vector<Parked> next;
  {
    const std::lock_guard lock(line.mutex);
    if (line.closed) return;
    if (line.waiting.empty()) {
      --line.inside;
      return;
    }
    next.push_back(std::move(line.waiting.front()));
    line.waiting.pop_front();
  }
  common::resume(std::move(next));
}

}  // namespace cache_aside
