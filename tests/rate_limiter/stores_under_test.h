// The stores that the contract test runs on. Two of each kind that share their keys, as two processes' do; time stands
// still until the test moves it. Every test has rule names of its own.

#pragma once

#include <memory>
#include <string>

#include "common/clock.h"
#include "common/random.h"
#include "common/text.h"
#include "rate_limiter/limiter_store_borrow_redis.h"
#include "rate_limiter/limiter_store_guarded.h"
#include "rate_limiter/limiter_store_memory.h"
#include "rate_limiter/limiter_store_redis.h"
#include "tests/rate_limiter/lua_redis.h"
#include "tests/support/catch.h"
#include "tests/support/redis_service.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"

namespace testing {

// The unit tests run on what needs no service. The same file is compiled again with LIMITER_KINDS naming redis and
// borrow for the tests with services (tests/CMakeLists.txt). lua: Redis' own scripts, without Redis. guarded: behind a
// failure policy.
#ifndef LIMITER_KINDS
#define LIMITER_KINDS "memory", "guarded", "lua"
#endif

inline std::string unique_name(std::string_view prefix) {
  return std::string(prefix) + "-" + std::to_string(common::thread_random().next());
}
inline rate_limiter::RuleLimit rule_limit(rate_limiter::Algorithm algorithm, std::int64_t limit,
                                          rate_limiter::Ticks period, std::optional<std::int64_t> burst = {}) {
  const auto made = rate_limiter::make_limit(algorithm, limit, period, burst);
  return {unique_name("test"), std::get<rate_limiter::Limit>(made)};
}

class LimiterStores {
 public:
  static bool is_there(const std::string& kind) {
    return (kind != "redis" && kind != "borrow") || redis_service().has_value();
  }

  explicit LimiterStores(const std::string& kind);
  ~LimiterStores();

  rate_limiter::LimiterStore& one() { return *one_; }
  rate_limiter::LimiterStore& two() { return *two_; }
  common::ManualClock& clock() { return clock_; }

 private:
  common::ManualClock clock_;
  std::unique_ptr<RunningRuntime> running_;
  std::unique_ptr<common::redis::Client> first_;
  std::unique_ptr<common::redis::Client> second_;
  std::vector<std::shared_ptr<rate_limiter::LimiterStoreRedis>> asked_;
  std::shared_ptr<rate_limiter::LimiterStore> inner_;
  std::shared_ptr<rate_limiter::LimiterStore> one_;
  std::shared_ptr<rate_limiter::LimiterStore> two_;
};

// Decides, waiting if it must.
common::Task<common::Result<void>> ask(rate_limiter::LimiterStore& store, std::span<const rate_limiter::Check> checks,
                                       std::span<rate_limiter::Decision> decisions);
rate_limiter::Decision decide(rate_limiter::LimiterStore& store, const rate_limiter::RuleLimit& limit,
                              std::string_view key, std::int64_t cost = 1);

// Every test case that begins with this runs once for each kind.
#define FOR_EACH_KIND(stores)                          \
  const std::string kind = GENERATE(LIMITER_KINDS);    \
  INFO(kind);                                          \
  if (!testing::LimiterStores::is_there(kind)) return; \
  testing::LimiterStores stores(kind)

}  // namespace testing
