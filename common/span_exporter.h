// Sends spans to a collector in batches, from a bounded queue, beside the requests and never in
// their way.
//
//   SpanExporter exporter(executor, "url_shortener", post);  // post: sends one JSON document
//   spawn(executor, "span exporter", exporter.run());
//   … on shutdown …
//   co_await exporter.stop();
//
//   1. The queue holds at most queue_max spans. When it is full the oldest goes: what happens now
//      matters most to whoever is looking. Every span not delivered is counted in dropped().
//   2. A batch is posted every `every`, or as soon as batch_max spans wait; one post at a time.
//   3. A batch whose post fails is dropped, not repeated: traces are a sample, and a collector
//      that is down must not cost memory. The first failure in a row is logged.
//   4. stop() returns when all that was recorded before it has been posted or dropped; a collector
//      that is down gets one last try.
//
// record() may be called on any thread; the rest runs on `executor`. The exporter must outlive its
// io_context's run.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "common/span.h"

namespace common {

class SpanExporter final : public SpanSink {
 public:
  using Post = std::function<Task<Result<void>>(std::string json)>;

  struct Limits {
    std::size_t queue_max = 4'096;  // spans
    std::size_t batch_max = 256;    // spans a post
    std::chrono::nanoseconds every = std::chrono::seconds{1};
    std::chrono::nanoseconds post_timeout = std::chrono::seconds{5};
    std::chrono::nanoseconds stop_timeout = std::chrono::seconds{2};  // for all that is left when stop() is called
  };

  SpanExporter(Executor executor, std::string service, Post post)
      : SpanExporter(std::move(executor), std::move(service), std::move(post), Limits{}) {}
  SpanExporter(Executor executor, std::string service, Post post, Limits limits);

  bool enabled() const noexcept override { return true; }
  void record(Span span) override;

  // Posts batches until stop() is called. Start it once.
  Task<void> run();

  // Posts what is left, as much as goes out within stop_timeout, and returns when run() is over. Call on the
  // executor, once. A post that is under way takes up to post_timeout.
  Task<void> stop();

  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  std::vector<Span> take_batch();
  Task<void> post_all();
  Task<void> post_batch(std::vector<Span> batch);

  const Executor executor_;
  const std::string service_;
  const Post post_;
  const Limits limits_;

  std::mutex mutex_;        // guards queue_
  std::deque<Span> queue_;  // oldest first
  std::atomic<std::uint64_t> dropped_{0};

  // Only on the executor.
  Timer wake_;      // fires when the next batch is due; cancelled to wake run() early
  Timer finished_;  // never fires; cancelled when run() is over
  bool running_ = false;
  bool stopping_ = false;
  Instant stop_by_ = Instant::max();
  bool failing_ = false;
};

}  // namespace common
