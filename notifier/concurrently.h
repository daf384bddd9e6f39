// Many small tasks at once, but not too many: for attempts that are made one by one.

#pragma once

#include <boost/asio/redirect_error.hpp>
#include <cstddef>
#include <functional>

#include "common/runtime/task.h"

namespace notifier {

// Runs one(0) … one(count - 1), at most `limit` at a time, and returns when all have ended. What a task throws is
// logged, and the others go on.
inline common::Task<> concurrently(std::size_t count, std::size_t limit,
                                   std::function<common::Task<>(std::size_t)> one) {
  struct Shared {
    std::function<common::Task<>(std::size_t)>& one;
    const std::size_t count;
    std::size_t next = 0;
    std::size_t running = 0;
    common::Timer done;

    static common::Task<> run(Shared& shared) {
      struct Leave {
        Shared& shared;
        ~Leave() {
          if (--shared.running == 0) shared.done.cancel();
        }
      } leave{shared};
      while (shared.next < shared.count)
        co_await shared.one(shared.next++);
    }
  };
  const auto executor = co_await boost::asio::this_coro::executor;
  Shared shared{one, count, 0, 0, common::Timer(executor, common::Timer::time_point::max())};
  for (std::size_t started = 0; started < limit && shared.next < count; ++started) {  // one may end at once
    ++shared.running;
    common::spawn(executor, "attempt", Shared::run(shared));
  }
  while (shared.running > 0) {
    boost::system::error_code woken;
    co_await shared.done.async_wait(boost::asio::redirect_error(common::use_task, woken));
  }
}

}  // namespace notifier
