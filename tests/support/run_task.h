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

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "common/runtime/task.h"
#include "tests/support/running_runtime.h"

namespace testing {

// Until all have ended; then the first exception among them is rethrown.
inline void run_tasks(std::vector<common::Task<>> tasks) {
  if (auto* const running = RunningRuntime::current()) return running->run(std::move(tasks), 1);
  auto context = std::make_unique<boost::asio::io_context>(1);
  std::size_t running = tasks.size();
  std::exception_ptr thrown;
  for (auto& task : tasks) {
    boost::asio::co_spawn(*context, std::move(task), [&](const std::exception_ptr& error) {
      --running;
      if (error && !thrown) thrown = error;
    });
  }
  context->run_for(task_deadline);
  if (running != 0) {
    (void)context.release();
    throw std::runtime_error("a coroutine has not ended by the deadline");
  }
  if (thrown) std::rethrow_exception(thrown);
}

inline void run_task(common::Task<> task) {
  std::vector<common::Task<>> one;
  one.push_back(std::move(task));
  run_tasks(std::move(one));
}

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
template <class MakeTask>
void run_on_threads(std::size_t count, MakeTask make_task) {
  if (auto* const running = RunningRuntime::current()) {
    std::vector<common::Task<>> tasks;
    for (std::size_t i = 0; i < count; ++i)
      tasks.push_back(make_task(i));
    return running->run(std::move(tasks), count);
  }
  std::vector<std::exception_ptr> thrown(count);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        run_task(make_task(i));
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  for (const auto& error : thrown) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace testing
