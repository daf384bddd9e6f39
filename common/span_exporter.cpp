#include "common/span_exporter.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <iterator>

#include "common/log.h"
#include "common/resilience/deadline.h"

namespace common {

SpanExporter::SpanExporter(Executor executor, std::string service, Post post, Limits limits)
    : executor_(std::move(executor)),
      service_(std::move(service)),
      post_(std::move(post)),
      limits_(limits),
      wake_(executor_),
      finished_(executor_, Timer::time_point::max()) {}

void SpanExporter::record(Span span) {
  bool batch_is_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= limits_.queue_max) {
      queue_.pop_front();
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
    queue_.push_back(std::move(span));
    batch_is_full = queue_.size() == limits_.batch_max;
  }
  // Once as the queue grows past a batch, not again for each span behind it.
  if (batch_is_full) asio::post(executor_, [this] { wake_.cancel(); });
}

Task<void> SpanExporter::run() {
  running_ = true;
  while (!stopping_) {
    wake_.expires_after(limits_.every);
    const auto [woken_early] = co_await wake_.async_wait(asio::as_tuple(use_task));
    (void)woken_early;  // by a full batch or by stop(): either way there is something to do
    co_await post_all();
  }
  running_ = false;
  finished_.cancel();
}

Task<void> SpanExporter::stop() {
  stopping_ = true;
  stop_by_ = std::chrono::steady_clock::now() + limits_.stop_timeout;
  wake_.cancel();
  if (running_) {
    const auto [over] = co_await finished_.async_wait(asio::as_tuple(use_task));
    (void)over;
  }
  co_await post_all();  // what came while run() ended, or all if it never ran
}

std::vector<Span> SpanExporter::take_batch() {
  const std::lock_guard lock(mutex_);
  const auto size = static_cast<std::ptrdiff_t>(std::min(queue_.size(), limits_.batch_max));
  std::vector<Span> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.begin() + size));
  queue_.erase(queue_.begin(), queue_.begin() + size);
  return batch;
}

Task<void> SpanExporter::post_all() {
  for (auto batch = take_batch(); !batch.empty(); batch = take_batch()) {
    co_await post_batch(std::move(batch));
  }
}

Task<void> SpanExporter::post_batch(std::vector<Span> batch) {
  if (stopping_ && failing_) {  // the collector is down: do not hold up the shutdown
    dropped_.fetch_add(batch.size(), std::memory_order_relaxed);
    co_return;
  }
  Result<void> outcome;
  try {
    const auto left = stop_by_ - std::chrono::steady_clock::now();
    outcome = co_await with_deadline(post_(zipkin_json(batch, service_)),
                                     std::min<std::chrono::nanoseconds>(limits_.post_timeout, left));
  } catch (const std::exception& error) {
    outcome = Error{Failure::internal, error.what()};
  }
  if (outcome.has_value()) {
    failing_ = false;
    co_return;
  }
  dropped_.fetch_add(batch.size(), std::memory_order_relaxed);
  if (!failing_) {
    log::warn(
        "spans not delivered",
        {{"failure", to_string(outcome.error().kind)}, {"error", outcome.error().message}, {"spans", batch.size()}});
  }
  failing_ = true;
}

}  // namespace common
