// The way to the database: counts what goes through, and plays a slower or smaller one.
//
//   delay          added to each query, holding no connection and no thread: its answer takes so long to arrive, so a
//                  load may hold what has been overwritten meanwhile
//   concurrency    so many queries at a time; the others wait in line. With a delay this defines the store's capacity:
//                  concurrency / delay queries a second
//
// Three ways through it, since not all queries are a request's:
//
//   run()        a request's
//   work()       what posting and reading leave to be done: fan-out and warming. It takes a place in the line as a
//                request does, for it is the same database; few of them are there at a time (deliveries.h), so that a
//                request waits for few of them
//   maintain()   housekeeping that must not wait: a full line must not keep the caches from hearing of a change
//
// The line is bounded: with queue_max waiting one more is refused, `overloaded`. Thread-safe.

#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/result.h"
#include "common/runtime/park.h"

namespace cache_aside {

class StoreGate {
 public:
  struct Options {
    common::Duration delay{0};
    std::size_t concurrency = 0;  // 0: no limit
    std::size_t queue_max = 10'000;
  };

  StoreGate(Options options, common::Metrics& metrics);
  // Queries under way may outlive this, as coroutines that nobody resumes any more.
  ~StoreGate();
  StoreGate(const StoreGate&) = delete;
  StoreGate& operator=(const StoreGate&) = delete;

  // `query()` makes the query: a Task<Result<T>>. Made for a request.
  template <class Query>
  std::invoke_result_t<Query&> run(Query query) {
    queries_.add();
    co_return co_await pass(query);
  }
  // The same, counted as housekeeping.
  template <class Query>
  std::invoke_result_t<Query&> work(Query query) {
    count_maintenance();
    co_return co_await pass(query);
  }
  // At once.
  template <class Query>
  std::invoke_result_t<Query&> maintain(Query query) {
    count_maintenance();
    co_return co_await query();
  }
  void count_maintenance() { maintenance_.add(); }
  // A further one that a query through run() needed.
  void count_query() { queries_.add(); }

 private:
  template <class Query>
  std::invoke_result_t<Query&> pass(Query& query) {
    const bool admitted = co_await enter();
    if (!admitted) co_return common::Error{common::Failure::overloaded, "too many queries wait for the database"};
    const Place place(options_.concurrency > 0 ? line_ : nullptr);
    auto answer = co_await query();
    if (options_.delay.count() > 0) co_await common::sleep_for(options_.delay);
    co_return std::move(answer);  // copied, a Result<bool> would be true
  }

  struct Line {
    std::mutex mutex;  // guards the rest
    std::size_t inside = 0;
    std::deque<common::Parked> waiting;
    bool closed = false;
  };

  class Place {
   public:
    explicit Place(std::shared_ptr<Line> line) : line_(std::move(line)) {}
    ~Place() {
      if (line_) leave(*line_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    const std::shared_ptr<Line> line_;  // null: places are not counted
  };

  common::Task<bool> enter();
  static void leave(Line& line);

  const Options options_;
  common::PerThreadCounter& queries_;
  common::PerThreadCounter& maintenance_;
  const std::shared_ptr<Line> line_ = std::make_shared<Line>();
};

}  // namespace cache_aside
