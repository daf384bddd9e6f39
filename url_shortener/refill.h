// One trip to the store at a time, for all who wait for it: what every generator that fetches in bulk has in common.
//
// Ids, keys and leases come from the store many at once and are handed out of memory. When memory is empty, a
// hundred requests find it empty together, and one trip is enough for all of them.
//
//   1. At most one fetch is under way. So a fetch may look whether it is still needed, and it should: whoever asked
//      for it may have looked before the last one ended.
//   2. Whoever waits meanwhile sleeps, holding no thread, and wakes with the outcome. Nothing is reserved for those who
//      wake: they look again, and wait again if the others were faster.
//   3. A fetch that fails, fails for all who wait: they would only repeat it one after the other.
//
// Thread-safe, for coroutines of any io_context.

#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/park.h"
#include "common/runtime/task.h"

namespace url_shortener {

class Refill {
 public:
  using Fetch = std::function<common::Task<common::Result<>>()>;

  // `name` is for the log, should `fetch` throw while nobody waits.
  Refill(std::string name, Fetch fetch) : name_(std::move(name)), fetch_(std::move(fetch)) {}

  // Fetches, or waits for the fetch under way: its outcome. Success too when one ended just now.
  common::Task<common::Result<>> wait();

  // Has one fetched on `executor` unless one is under way, and waits for nothing. What goes wrong shows when somebody
  // waits. This must live until the executor has run out of work, or is destroyed.
  void start(common::Executor executor);

 private:
  // A coroutine that waits for the fetch under way; lives in its frame.
  struct Waiter {
    std::optional<common::Parked> parked;
    common::Result<> outcome;
  };

  bool begin();  // false: one is under way
  common::Task<common::Result<>> fetch();
  common::Task<void> fetch_unattended();
  void end(const common::Result<>& outcome);
  void lie_down(Waiter& waiter, common::Parked self);

  const std::string name_;
  const Fetch fetch_;

  std::mutex mutex_;  // guards what follows; never held across a co_await
  bool fetching_ = false;
  std::vector<Waiter*> waiters_;
};

}  // namespace url_shortener
