// What --store and --on-store-failure choose: where it is decided, and what when that is away.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/metrics.h"
#include "common/random.h"
#include "common/runtime/runtime.h"
#include "rate_limiter/config.h"
#include "rate_limiter/limiter_store.h"

namespace rate_limiter {

struct Stores {
  std::vector<std::shared_ptr<void>> parts;  // what `store` stands on, in the order it was made
  LimiterStore* store = nullptr;
  std::function<std::optional<std::string>()> trouble;  // for /readyz; may be empty

  ~Stores() {
    while (!parts.empty())
      parts.pop_back();
  }
};

// All must outlive what is returned.
std::unique_ptr<Stores> open_stores(const Config& config, common::Runtime& runtime, const common::Clock& clock,
                                    common::Random& random, common::Metrics& metrics);

}  // namespace rate_limiter
