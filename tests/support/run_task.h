// Runs coroutines to their end from ordinary test code.
//
//   const auto link = run_task(store.find("abc"));     on an io_context of its own, in the calling thread
//   run_tasks(std::move(tasks));                       likewise, all at once; they start in order
//   run_on_threads(4, [&](std::size_t i) { … });       one coroutine and one io_context a thread
//
// While a RunningRuntime exists (running_runtime.h), its threads run them instead: for what belongs to threads.
//
// Returns what the coroutine returns, throws what it throws. Nothing may hang for ever: past the deadline
// std::runtime_error is thrown, and the io_context is leaked on purpose, since something may still hold on to a
// coroutine of it.

#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/runtime/task.h"

namespace testing {

// Until all have ended; then the first exception among them is rethrown.
void run_tasks(std::vector<common::Task<>> tasks);
void run_task(common::Task<> task);

template <class T>
common::Task<> keep_outcome(common::Task<T> task, std::optional<T>& outcome) {
  outcome.emplace(co_await std::move(task));
}

template <class T>
T run_task(common::Task<T> task) {
  std::optional<T> outcome;
  run_task(keep_outcome(std::move(task), outcome));
  return *std::move(outcome);
}

// `make_task(i)` on each of `count` threads; returns when all have ended.
void run_on_threads(std::size_t count, std::function<common::Task<>(std::size_t)> make_task);

}  // namespace testing
