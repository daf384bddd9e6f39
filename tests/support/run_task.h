// Runs one coroutine to its end on an io_context of its own, in the calling thread.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "common/runtime/task.h"

namespace testing {

template <class T>
common::Task<void> keep_outcome(common::Task<T> task, std::optional<T>& outcome) {
  outcome.emplace(co_await std::move(task));
}

inline void run_task(common::Task<void> task) {
  boost::asio::io_context context(1);
  std::exception_ptr thrown;
  boost::asio::co_spawn(context, std::move(task),
                        [&](std::exception_ptr error) { thrown = std::move(error); });
  context.run();
  if (thrown) std::rethrow_exception(thrown);
}

// Returns what `task` returns, throws what it throws.
template <class T>
T run_task(common::Task<T> task) {
  std::optional<T> outcome;
  run_task(keep_outcome(std::move(task), outcome));
  return *std::move(outcome);
}

}  // namespace testing
