// CacheAside over a local cache and a database of one row, in one thread: for tests of the policies.

#pragma once

#include <memory>
#include <string>

#include "cache_aside/cache_aside.h"
#include "cache_aside/cache_local.h"
#include "cache_aside/make_stampede.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

namespace testing {

using namespace std::chrono_literals;

class CacheUnderTest {
 public:
  explicit CacheUnderTest(const std::string& stampede, cache_aside::Guard guard = cache_aside::Guard::stamp,
                          cache_aside::Locks* locks = nullptr, cache_aside::CacheAside::Options options = {})
      : policy(cache_aside::make_stampede(stampede, {.cache = cache, .guard = guard, .locks = locks, .clock = clock})),
        reads(cache, *policy, guard, clock, metrics, options) {}

  // A query that takes some turns of the loop.
  cache_aside::Load load() {
    return [this](std::uint64_t asked) -> common::Task<common::Result<std::optional<cache_aside::Row>>> {
      ++queries;
      floor = asked;
      const std::optional<cache_aside::Row> found = row;
      for (int i = 0; i < 3; ++i)
        co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
      if (fails) co_return common::Error{failure, "the database is away"};
      co_return found;
    };
  }
  common::Task<> read_into(std::optional<cache_aside::Read>& into) {
    auto read = co_await reads.read("row", 60s, load());
    if (read.has_value()) into.emplace(std::move(*read));
  }
  // `count` reads at the same time.
  std::vector<std::optional<cache_aside::Read>> read_many(std::size_t count) {
    std::vector<std::optional<cache_aside::Read>> found(count);
    std::vector<common::Task<>> tasks;
    for (auto& each : found)
      tasks.push_back(read_into(each));
    run_tasks(std::move(tasks));
    return found;
  }
  cache_aside::Read read() { return read_many(1).at(0).value(); }

  common::ManualClock clock;
  common::Metrics registry;
  cache_aside::CacheMetrics metrics{registry};
  cache_aside::CacheLocal cache{clock, {}};
  std::unique_ptr<cache_aside::Stampede> policy;
  cache_aside::CacheAside reads;
  std::optional<cache_aside::Row> row = cache_aside::Row{1, "one"};
  int queries = 0;
  std::uint64_t floor = 0;  // of the last query
  bool fails = false;
  common::Failure failure = common::Failure::unavailable;
};

}  // namespace testing
