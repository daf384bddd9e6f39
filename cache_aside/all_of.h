// Several coroutines at the same time, on the caller's thread: returns when all have ended.
//
// An exception of one is logged where it was started, and its place keeps what it held before.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/runtime/park.h"

namespace cache_aside {

inline common::Task<> all_of(std::vector<common::Task<>> tasks) {
  struct Shared {
    std::size_t left;
    std::optional<common::Parked> waiting;
  };
  // Ends with the coroutine, however that ends.
  struct Ended {
    std::shared_ptr<Shared> shared;
    ~Ended() {
      if (--shared->left > 0 || !shared->waiting) return;
      std::vector<common::Parked> one;
      one.push_back(std::move(*shared->waiting));
      shared->waiting.reset();
      common::resume(std::move(one));
    }
  };
  if (tasks.empty()) co_return;
  const common::Executor executor = co_await common::asio::this_coro::executor;
  const auto shared = std::make_shared<Shared>(Shared{tasks.size(), std::nullopt});
  const auto run_one = [](std::shared_ptr<Shared> counted, common::Task<> task) -> common::Task<> {
    const Ended ended{std::move(counted)};
    co_await std::move(task);
  };
  for (auto& task : tasks)
    common::spawn(executor, "one of several", run_one(shared, std::move(task)));
  co_await common::park(executor, [&](common::Parked self) {
    if (shared->left > 0) {
      shared->waiting.emplace(std::move(self));
      return;
    }
    std::vector<common::Parked> one;
    one.push_back(std::move(self));
    common::resume(std::move(one));
  });
}

}  // namespace cache_aside
