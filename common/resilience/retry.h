// Trying again, where that is safe.
//
//   auto link = co_await retry([&] { return store.find(code); }, policy, clock, thread_random());
//
// Repeats only failures that promise that nothing was done (unavailable, timed_out, overloaded),
// waiting between with full jitter (backoff.h). Never unknown_outcome: it may have been done, and
// doing it twice is the bug that idempotency keys exist for. Never invalid, closed or internal:
// trying again cannot help.
//
// The policy's deadline bounds everything, attempts and waits together; when the next wait would
// pass it, the last failure is returned at once rather than slept over. Retry at one level of a
// system only: three levels of four attempts are 64 calls at the bottom, at the worst moment.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "common/clock.h"
#include "common/random.h"
#include "common/resilience/backoff.h"
#include "common/resilience/deadline.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace common {

struct RetryPolicy {
  std::uint32_t attempts_max = 4;               // the first included; at least 1
  Duration deadline = std::chrono::seconds{5};  // for all attempts and waits together
  Backoff backoff = {};
};

using Sleep = std::function<Task<void>(Duration)>;

// `operation`: makes the Task<Result<T>> of one attempt; called at most attempts_max times, one
// after the other, each attempt bounded by what is left of the deadline. `clock` and `random` must
// outlive the task. Returns the first outcome that is a value or not retryable, or the last
// failure.
template <class Operation>
std::invoke_result_t<Operation&> retry(Operation operation, RetryPolicy policy, const Clock& clock, Random& random,
                                       Sleep sleep = sleep_for) {
  const Instant end = clock.monotonic() + policy.deadline;
  for (std::uint32_t attempt = 0;; ++attempt) {
    auto outcome = co_await with_deadline(operation(), end - clock.monotonic());
    if (outcome.has_value() || !is_retryable(outcome.error().kind)) co_return outcome;
    if (attempt + 1 >= policy.attempts_max) co_return outcome;
    const Duration wait = full_jitter(attempt, policy.backoff, random);
    if (clock.monotonic() + wait >= end) co_return outcome;
    co_await sleep(wait);
  }
}

}  // namespace common
