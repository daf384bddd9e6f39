// A coroutine that stops until some thread says go on: for waiting on what is not an Asio operation.
//
//   co_await park(executor, [&](Parked self) { queue.push_back(std::move(self)); });   // sleeps here
//   resume(std::move(queue));                                       // any thread: all of them go on
//
// Each resumes on the executor it was parked on, so what its thread owns still needs no lock. resume() posts once
// to each io_context, however many of its coroutines wake: a post takes a lock and may write to an eventfd, and a
// group commit wakes a hundred at once.
//
//   1. A Parked is resumed once, or destroyed, which destroys the coroutine that waits.
//   2. While one exists its io_context has work, so run() does not return under it.
//   3. Cancelling does not wake it: whoever holds it decides.
//   4. A Parked must not outlive its io_context.

#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "common/runtime/task.h"

namespace common {

class Parked {
 public:
  using Handler = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;

  Parked(Executor executor, Handler handler)
      : work_(executor), executor_(std::move(executor)), handler_(std::move(handler)) {}

  const Executor& executor() const noexcept { return executor_; }

  // Goes on with the coroutine now. Only on its own executor: others call resume().
  void resume_here() && { std::move(handler_)(); }

 private:
  asio::executor_work_guard<Executor> work_;
  Executor executor_;
  Handler handler_;
};

// Suspends the calling coroutine, which must run on `executor`, then calls `keep(Parked)`. By the time keep
// returns the coroutine may already be on its way again.
template <class Keep>
auto park(Executor executor, Keep keep) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [](Parked::Handler handler, Executor on, Keep give) { give(Parked(std::move(on), std::move(handler))); },
      use_task, std::move(executor), std::move(keep));
}

// Resumes all, in order, each on its own executor.
void resume(std::vector<Parked> parked);

}  // namespace common
