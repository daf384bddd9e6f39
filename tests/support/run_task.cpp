#include "tests/support/run_task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/support/running_runtime.h"

namespace testing {

void run_tasks(std::vector<common::Task<>> tasks) {
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

void run_task(common::Task<> task) {
  std::vector<common::Task<>> one;
  one.push_back(std::move(task));
  run_tasks(std::move(one));
}

void run_on_threads(std::size_t count, std::function<common::Task<>(std::size_t)> make_task) {
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
