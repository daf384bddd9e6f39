// Several coroutines at once, and all their outcomes: for the same question to several servers.
//
//   std::vector<Task<Result<Link>>> asked;
//   …
//   for (auto& answer : co_await all(std::move(asked))) …
//
// They run on the caller's executor, start in order, and the outcomes come in their order. When one throws, the first
// exception is rethrown after all have ended. Cancelling the caller does not reach them.

#pragma once

#include <boost/asio/co_spawn.hpp>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "common/runtime/park.h"
#include "common/runtime/task.h"

namespace common {

template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<std::optional<T>> outcomes(tasks.size());
  std::exception_ptr thrown;
  std::size_t running = tasks.size();
  std::optional<Parked> waiter;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(executor, std::move(tasks[i]), [&, i](std::exception_ptr error, T outcome) {
      if (error && !thrown) thrown = error;
      outcomes[i].emplace(std::move(outcome));
      if (--running == 0 && waiter) (*std::exchange(waiter, std::nullopt)).resume_here();
    });
  }
  if (running > 0) {
    co_await park(executor, [&](Parked self) { waiter.emplace(std::move(self)); });
  }
  if (thrown) std::rethrow_exception(thrown);
  std::vector<T> all_outcomes;
  all_outcomes.reserve(outcomes.size());
  for (auto& outcome : outcomes)
    all_outcomes.push_back(*std::move(outcome));
  co_return all_outcomes;
}

}  // namespace common
