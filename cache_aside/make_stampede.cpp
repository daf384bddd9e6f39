#include "cache_aside/make_stampede.h"

#include <array>
#include <stdexcept>

#include "cache_aside/stampede_distributed_lock.h"
#include "cache_aside/stampede_early_refresh.h"
#include "cache_aside/stampede_none.h"
#include "cache_aside/stampede_single_flight.h"
#include "cache_aside/stampede_stale_while_revalidate.h"

namespace cache_aside {

std::span<const StampedeChoice> stampede_choices() {
  static constexpr std::array<StampedeChoice, 5> choices{{
      {"single_flight", "one load a process, the others wait for it (request coalescing)"},
      {"none", "everybody who misses loads"},
      {"distributed_lock", "one load of all processes: a fenced lock in Redis"},
      {"early_refresh", "a random reader loads before the expiry (XFetch, probabilistic early expiration)"},
      {"stale_while_revalidate", "the expired value is served while one load replaces it"},
  }};
  return choices;
}

std::unique_ptr<Stampede> make_stampede(std::string_view name, const StampedeParts& parts) {
  if (name == "none") return std::make_unique<StampedeNone>();
  if (name == "single_flight") return std::make_unique<StampedeSingleFlight>(parts.patience);
  if (name == "early_refresh") return std::make_unique<StampedeEarlyRefresh>(parts.beta);
  if (name == "stale_while_revalidate") {
    return std::make_unique<StampedeStaleWhileRevalidate>(parts.stale_for, parts.patience);
  }
  if (name == "distributed_lock" && parts.locks != nullptr) {
    return std::make_unique<StampedeDistributedLock>(parts.cache, parts.guard, *parts.locks, parts.clock,
                                                     parts.patience);
  }
  throw std::invalid_argument("no stampede policy " + std::string(name));
}

}  // namespace cache_aside
