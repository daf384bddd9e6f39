#include "common/runtime/runtime.h"

#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/redirect_error.hpp>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "common/log.h"

namespace common {
namespace {

thread_local std::size_t thread_index = 0;

}  // namespace

std::size_t current_thread_index() noexcept {
  return thread_index;
}

Runtime::Runtime(std::size_t threads) {
  if (threads == 0) throw std::invalid_argument("a runtime needs at least one thread");
  ::signal(SIGPIPE,
           SIG_IGN);  // a write to a closed socket is an error code, not the end of the process
  for (std::size_t i = 0; i < threads; ++i)
    contexts_.push_back(std::make_unique<asio::io_context>(1));
}

Runtime::~Runtime() = default;

void Runtime::run(Task<void> main) {
  using Guard = asio::executor_work_guard<Executor>;
  std::vector<Guard> guards;
  std::vector<std::thread> others;
  for (auto& context : contexts_)
    guards.emplace_back(context->get_executor());
  std::mutex mutex;
  std::exception_ptr failure;
  const auto stop_all = [&](const std::exception_ptr& error) {
    const std::lock_guard lock(mutex);
    if (!failure) failure = error;
    for (auto& context : contexts_)
      context->stop();
  };
  const auto run_context = [&](std::size_t i) {
    thread_index = i;
    try {
      contexts_[i]->run();
    } catch (...) {
      stop_all(std::current_exception());
    }
  };
  asio::co_spawn(contexts_[0]->get_executor(), std::move(main), stop_all);
  for (std::size_t i = 1; i < contexts_.size(); ++i)
    others.emplace_back(run_context, i);
  run_context(0);
  for (auto& thread : others)
    thread.join();
  if (failure) std::rethrow_exception(failure);
}

void Runtime::on_shut_down(std::string name, std::function<Task<void>()> action) {
  actions_.push_back({std::move(name), std::move(action)});
}

// The step's outcome outlives this coroutine: a step that is too slow may still be running when we give up on it.
Task<bool> Runtime::shut_down(std::chrono::nanoseconds limit) {
  bool all_ended = true;
  while (!actions_.empty()) {
    const Action action = std::move(actions_.back());
    actions_.pop_back();
    const auto timer = std::make_shared<Timer>(co_await asio::this_coro::executor, limit);
    const auto done = std::make_shared<bool>(false);
    asio::co_spawn(executor(0), action.run(), [timer, done, name = action.name](const std::exception_ptr& error) {
      log_escape(name, error);
      *done = true;
      timer->cancel();
    });
    boost::system::error_code woken;
    if (!*done) co_await timer->async_wait(asio::redirect_error(use_task, woken));
    if (*done) continue;
    log::error("a step of shutting down took too long", {{"step", action.name}});
    all_ended = false;
  }
  co_return all_ended;
}

}  // namespace common
