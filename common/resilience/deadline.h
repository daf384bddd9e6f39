// A bound on how long an operation may take.
//
//   Result<Reply> reply = co_await with_deadline(redis.command(…), 50ms);
//
// When the time is up the operation is cancelled (Asio's terminal cancellation) and waited for:
// nothing is left running behind the caller's back, and what the operation borrowed stays valid
// until it is over. So
//
//   1. The outcome is the operation's own if it has one, even late. A late failure that promises that nothing was done
//      (unavailable, overloaded) becomes timed_out, which promises the same; any other, and an operation that was
//      cancelled under way, becomes unknown_outcome: it was begun, and how far it came nobody can say.
//   2. An operation that ignores cancellation delays the return: a deadline cannot stop what cannot
//      be stopped.
//   3. Cancelling the caller cancels the operation, and is not reported as timed_out.
//
// Asio's own cancel_after came with Boost 1.86; this works from 1.81 on. Costs two coroutine frames
// and a timer: for calls that leave the process, not for every step.

#pragma once

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "common/result.h"
#include "common/runtime/task.h"

namespace common {
namespace detail {

template <class T>
Task<void> run_into(Task<Result<T>> operation, std::optional<Result<T>>& outcome) {
  outcome.emplace(co_await std::move(operation));
}

inline bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace detail

// `limit` of zero or less: timed_out at once, the operation is not even started. Errors: as above.
// What the operation throws is rethrown, unless it is the echo of the cancellation that the
// deadline caused.
template <class T>
Task<Result<T>> with_deadline(Task<Result<T>> operation, std::chrono::nanoseconds limit) {
  const Error timed_out{Failure::timed_out, "the deadline passed"};
  if (limit.count() <= 0) co_return timed_out;

  const Executor executor = co_await asio::this_coro::executor;
  std::optional<Result<T>> outcome;
  Timer timer(executor, limit);
  const auto [order, thrown, timer_error] =
      co_await asio::experimental::make_parallel_group(
          asio::co_spawn(executor, detail::run_into(std::move(operation), outcome), asio::deferred),
          timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), use_task);
  const bool expired = order[0] == 1 && !timer_error;

  const Error unknown{Failure::unknown_outcome, "the deadline passed under way"};
  if (thrown) {
    if (expired && detail::is_cancellation(thrown)) co_return unknown;
    std::rethrow_exception(thrown);
  }
  if (!expired || outcome->has_value()) co_return *std::move(outcome);
  const bool nothing_done = is_retryable(outcome->error().kind);
  co_return nothing_done ? timed_out : unknown;
}

}  // namespace common
