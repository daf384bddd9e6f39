// What --store and --on-store-failure choose: where it is decided, and what when that is away.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/metrics.h"
#include "common/random.h"
#include "common/runtime/runtime.h"
#include "rate_limiter/config.h"
#include "rate_limiter/limiter_store_borrow_redis.h"
#include "rate_limiter/limiter_store_guarded.h"
#include "rate_limiter/limiter_store_memory.h"

namespace rate_limiter {

// Each stands on those above it. With memory alone there are no others.
struct Stores {
  std::unique_ptr<LimiterStoreMemory> memory;
  std::unique_ptr<common::redis::Client> client;
  std::unique_ptr<LimiterStoreRedis> redis;
  std::unique_ptr<LimiterStoreBorrowRedis> borrowing;
  std::unique_ptr<LimiterStoreGuarded> guarded;
  LimiterStore* store = nullptr;  // the one to ask

  // For /readyz.
  std::optional<std::string> trouble() const { return guarded ? guarded->trouble() : std::nullopt; }
};

// All must outlive what is returned.
std::unique_ptr<Stores> open_stores(const Config& config, common::Runtime& runtime, const common::Clock& clock,
                                    common::Random& random, common::Metrics& metrics);

}  // namespace rate_limiter
