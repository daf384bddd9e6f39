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

  explicit LimiterStores(const std::string& kind) {
    if (kind == "lua") {
      one_ = two_ = std::make_shared<LimiterStoreLua>(clock_);
    } else if (kind == "redis" || kind == "borrow") {
      running_ = std::make_unique<RunningRuntime>(4);
      const common::redis::Client::Options options{.connection = {.endpoint = *redis_service()},
                                                   .timeout = std::chrono::seconds{10}};
      first_ = std::make_unique<common::redis::Client>(running_->runtime(), options);
      second_ = std::make_unique<common::redis::Client>(running_->runtime(), options);
      const auto one = std::make_shared<rate_limiter::LimiterStoreRedis>(*first_, &clock_);
      const auto two = std::make_shared<rate_limiter::LimiterStoreRedis>(*second_, &clock_);
      one_ = one;
      two_ = two;
      if (kind == "borrow") {
        asked_ = {one, two};
        auto& runtime = running_->runtime();
        auto& random = common::thread_random();
        one_ = std::make_shared<rate_limiter::LimiterStoreBorrowRedis>(*one, runtime, clock_, random);
        two_ = std::make_shared<rate_limiter::LimiterStoreBorrowRedis>(*two, runtime, clock_, random);
      }
    } else {
      one_ = two_ = std::make_shared<rate_limiter::LimiterStoreMemory>(
          rate_limiter::LimiterStoreMemory::Options{.keys_max = 10'000}, clock_, common::thread_random());
    }
    if (kind == "guarded") {
      inner_ = one_;
      one_ = two_ = std::make_shared<rate_limiter::LimiterStoreGuarded>(
          *inner_, *inner_, rate_limiter::LimiterStoreGuarded::Options{}, clock_);
    }
  }
  ~LimiterStores() {
    if (running_) run_task(stop(running_->runtime()));
  }

  rate_limiter::LimiterStore& one() { return *one_; }
  rate_limiter::LimiterStore& two() { return *two_; }
  common::ManualClock& clock() { return clock_; }

 private:
  static common::Task<> stop(common::Runtime& runtime) { co_await runtime.shut_down(std::chrono::seconds{10}); }

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
inline common::Task<common::Result<void>> ask(rate_limiter::LimiterStore& store,
                                              std::span<const rate_limiter::Check> checks,
                                              std::span<rate_limiter::Decision> decisions) {
  if (store.check_now(checks, decisions)) co_return common::Result<void>{};
  co_return co_await store.check(checks, decisions);
}

inline rate_limiter::Decision decide(rate_limiter::LimiterStore& store, const rate_limiter::RuleLimit& limit,
                                     std::string_view key, std::int64_t cost = 1) {
  const rate_limiter::Check check{&limit, key, cost};
  rate_limiter::Decision decision;
  const auto outcome = run_task(ask(store, {&check, 1}, {&decision, 1}));
  if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
  return decision;
}

// Every test case that begins with this runs once for each kind.
#define FOR_EACH_KIND(stores)                          \
  const std::string kind = GENERATE(LIMITER_KINDS);    \
  INFO(kind);                                          \
  if (!testing::LimiterStores::is_there(kind)) return; \
  testing::LimiterStores stores(kind)

}  // namespace testing
