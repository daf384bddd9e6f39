#include "common/runtime/task.h"

#include <boost/asio/as_tuple.hpp>

#include "common/log.h"

namespace common {

void log_escape(const std::string& name, const std::exception_ptr& error) noexcept {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    log::error("coroutine failed", {{"coroutine", name}, {"error", e.what()}});
  } catch (...) {
    log::error("coroutine failed", {{"coroutine", name}, {"error", "unknown"}});
  }
}

void spawn(Executor executor, std::string name, Task<void> task) {
  asio::co_spawn(executor, std::move(task),
                 [name = std::move(name)](const std::exception_ptr& error) { log_escape(name, error); });
}

Task<void> sleep_for(std::chrono::nanoseconds duration) {
  Timer timer(co_await asio::this_coro::executor, duration);
  const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(use_task));
  (void)cancelled;  // woken early is as good as woken
}

}  // namespace common
