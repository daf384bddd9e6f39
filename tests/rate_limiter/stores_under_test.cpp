#include "tests/rate_limiter/stores_under_test.h"
#include "rate_limiter/limiter_store_memory.h"

namespace testing {
namespace {

common::Task<> stop(common::Runtime& runtime) {
  co_await runtime.shut_down(std::chrono::seconds{10});
}

}  // namespace

LimiterStores::LimiterStores(const std::string& kind) {
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

LimiterStores::~LimiterStores() {
  if (running_) run_task(stop(running_->runtime()));
}

common::Task<common::Result<void>> ask(rate_limiter::LimiterStore& store, std::span<const rate_limiter::Check> checks,
                                       std::span<rate_limiter::Decision> decisions) {
  if (store.check_now(checks, decisions)) co_return common::Result<void>{};
  co_return co_await store.check(checks, decisions);
}

rate_limiter::Decision decide(rate_limiter::LimiterStore& store, const rate_limiter::RuleLimit& limit,
                              std::string_view key, std::int64_t cost) {
  const rate_limiter::Check check{&limit, key, cost};
  rate_limiter::Decision decision;
  const auto outcome = run_task(ask(store, {&check, 1}, {&decision, 1}));
  if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
  return decision;
}

}  // namespace testing
