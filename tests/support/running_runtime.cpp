#include "tests/support/running_runtime.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <utility>

namespace testing {
namespace {

RunningRuntime* the_current = nullptr;

}  // namespace

RunningRuntime* RunningRuntime::current() noexcept {
  return the_current;
}

RunningRuntime::RunningRuntime(std::size_t threads)
    : runtime_(threads),
      end_(runtime_.executor(), common::Timer::time_point::max()),
      thread_([this] { runtime_.run(wait_for_end()); }) {
  the_current = this;
}

void RunningRuntime::stop() {
  if (!thread_.joinable()) return;
  the_current = nullptr;
  boost::asio::post(runtime_.executor(), [this] { end_.expires_at(common::Timer::time_point::min()); });
  thread_.join();
}

common::Task<> RunningRuntime::wait_for_end() {
  const auto [cancelled] = co_await end_.async_wait(boost::asio::as_tuple(common::use_task));
  (void)cancelled;  // one way or the other
}

void RunningRuntime::run(std::vector<common::Task<>> tasks, std::size_t threads) {
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = tasks.size();
  std::exception_ptr thrown;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto executor = runtime_.executor(i % std::min(threads, runtime_.threads()));
    boost::asio::co_spawn(executor, std::move(tasks[i]), [&](const std::exception_ptr& error) {
      const std::lock_guard lock(mutex);
      if (error && !thrown) thrown = error;
      if (--running == 0) ended.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  if (!ended.wait_for(lock, task_deadline, [&] { return running == 0; })) {
    std::cerr << "a coroutine has not ended by the deadline" << std::endl;
    std::abort();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace testing
