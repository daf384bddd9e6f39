#include "rate_limiter/stores.h"

#include "rate_limiter/limiter_store_borrow_redis.h"
#include "rate_limiter/limiter_store_guarded.h"
#include "rate_limiter/limiter_store_memory.h"
#include "rate_limiter/limiter_store_redis.h"

namespace rate_limiter {
namespace {

void show(const LimiterStoreMemory& memory, common::Metrics& metrics) {
  metrics.gauge_of("rate_limiter_keys", "keys kept in this process's memory",
                   [&memory] { return static_cast<double>(memory.counts().keys); });
  metrics.gauge_of("rate_limiter_key_bytes", "what they take",
                   [&memory] { return static_cast<double>(memory.counts().bytes); });
  metrics.counter_of("rate_limiter_keys_forgotten_early_total", "keys forgotten for want of room, --max-keys",
                     [&memory] { return static_cast<double>(memory.counts().forgotten_early); });
}

void show(const LimiterStoreBorrowRedis& borrowing, common::Metrics& metrics) {
  metrics.counter_of("rate_limiter_store_asked_total", "calls to Redis",
                     [&borrowing] { return static_cast<double>(borrowing.asked()); });
  metrics.counter_of("rate_limiter_decided_by_lease_total", "decisions from what was borrowed",
                     [&borrowing] { return static_cast<double>(borrowing.decided_here()); });
}

}  // namespace

std::unique_ptr<Stores> open_stores(const Config& config, common::Runtime& runtime, const common::Clock& clock,
                                    common::Random& random, common::Metrics& metrics) {
  auto stores = std::make_unique<Stores>();
  const auto keep = [&](auto part) {
    stores->parts.push_back(part);
    return part.get();
  };
  auto* const memory =
      keep(std::make_shared<LimiterStoreMemory>(LimiterStoreMemory::Options{config.keys_max}, clock, random));
  show(*memory, metrics);
  stores->store = memory;
  if (config.redis_url().empty()) {
    metrics.counter_of("rate_limiter_store_failures_total", "memory does not fail", [] { return 0.0; });
    return stores;
  }

  common::redis::Client::Options options;
  options.connection.endpoint = common::redis::parse_endpoint(config.redis_url()).value();
  options.timeout = config.store_timeout;
  auto* const client = keep(std::make_shared<common::redis::Client>(runtime, options));
  auto* const redis = keep(std::make_shared<LimiterStoreRedis>(*client));
  LimiterStore* shared = redis;
  if (config.borrows()) {
    auto* const borrowing = keep(std::make_shared<LimiterStoreBorrowRedis>(*redis, runtime, clock, random));
    show(*borrowing, metrics);
    shared = borrowing;
  }
  const LimiterStoreGuarded::Options policy{.policy = config.on_store_failure};
  auto* const guarded = keep(std::make_shared<LimiterStoreGuarded>(*shared, *memory, policy, clock));
  guarded->start(runtime, metrics, [redis] { return redis->prepare(); });
  stores->store = guarded;
  stores->trouble = [guarded] { return guarded->trouble(); };
  return stores;
}

}  // namespace rate_limiter
