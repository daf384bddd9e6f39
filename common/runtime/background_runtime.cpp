#include "common/runtime/background_runtime.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <utility>

#include "common/log.h"

namespace common {

BackgroundRuntime::BackgroundRuntime(std::size_t threads)
    : runtime_(threads),
      end_(runtime_.executor(), Timer::time_point::max()),
      thread_([this] { runtime_.run(wait_for_end()); }) {}

void BackgroundRuntime::stop() {
  if (!thread_.joinable()) return;
  asio::post(runtime_.executor(), [this] { end_.expires_at(Timer::time_point::min()); });
  thread_.join();
}

Task<> BackgroundRuntime::wait_for_end() {
  const auto [cancelled] = co_await end_.async_wait(asio::as_tuple(use_task));
  (void)cancelled;  // one way or the other
  co_await runtime_.shut_down(shut_down_limit);
}

void BackgroundRuntime::run(std::vector<Task<>> tasks, std::size_t threads) {
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = tasks.size();
  std::exception_ptr thrown;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto executor = runtime_.executor(i % std::min(threads, runtime_.threads()));
    asio::co_spawn(executor, std::move(tasks[i]), [&](const std::exception_ptr& error) {
      const std::lock_guard lock(mutex);
      if (error && !thrown) thrown = error;
      if (--running == 0) ended.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  if (!ended.wait_for(lock, task_limit, [&] { return running == 0; })) {
    log::error("a coroutine has not ended in time", {{"limit", std::to_string(task_limit.count()) + " s"}});
    std::abort();
  }
  if (thrown) std::rethrow_exception(thrown);
}

void BackgroundRuntime::run(Task<> task) {
  std::vector<Task<>> one;
  one.push_back(std::move(task));
  run(std::move(one), 1);
}

}  // namespace common
