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
                          cache_aside::Locks* locks = nullptr, cache_aside::CacheAside::Options options = {});
  ~CacheUnderTest();

  // A query that takes some turns of the loop.
  cache_aside::Load load();
  common::Task<> read_into(std::optional<cache_aside::Read>& into);
  // `count` reads at the same time.
  std::vector<std::optional<cache_aside::Read>> read_many(std::size_t count);
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
