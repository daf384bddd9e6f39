#include "rate_limiter/stores.h"

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
  stores->memory = std::make_unique<LimiterStoreMemory>(LimiterStoreMemory::Options{config.keys_max}, clock, random);
  show(*stores->memory, metrics);
  stores->store = stores->memory.get();
  if (config.redis_url().empty()) {
    metrics.counter_of("rate_limiter_store_failures_total", "memory does not fail", [] { return 0.0; });
    return stores;
  }

  common::redis::Client::Options options;
  options.connection.endpoint = common::redis::parse_endpoint(config.redis_url()).value();
  options.timeout = config.store_timeout;
  stores->client = std::make_unique<common::redis::Client>(runtime, options);
  stores->redis = std::make_unique<LimiterStoreRedis>(*stores->client);
  LimiterStore* shared = stores->redis.get();
  if (config.borrows()) {
    stores->borrowing = std::make_unique<LimiterStoreBorrowRedis>(*stores->redis, runtime, clock, random);
    show(*stores->borrowing, metrics);
    shared = stores->borrowing.get();
  }
  const LimiterStoreGuarded::Options policy{.policy = config.on_store_failure};
  stores->guarded = std::make_unique<LimiterStoreGuarded>(*shared, *stores->memory, policy, clock);
  stores->guarded->start(runtime, metrics, [redis = stores->redis.get()] { return redis->prepare(); });
  stores->store = stores->guarded.get();
  return stores;
}

}  // namespace rate_limiter
