#include "rate_limiter/limit.h"

#include <numeric>

namespace rate_limiter {
namespace {

__extension__ using Int128 = __int128;

constexpr const char* inexact =
    "with this period leaves the integers that Redis' Lua holds exactly (2^53): choose a shorter period, or numbers "
    "with a larger common divisor";

}  // namespace

std::string_view to_string(Algorithm algorithm) noexcept {
  return algorithms[static_cast<std::size_t>(algorithm)].id;
}

std::optional<Algorithm> parse_algorithm(std::string_view id) noexcept {
  for (const auto& each : algorithms) {
    if (each.id == id) return each.algorithm;
  }
  return std::nullopt;
}

std::string_view to_string(Reason reason) noexcept {
  switch (reason) {
    case Reason::within_limit:
      return "within_limit";
    case Reason::limit_reached:
      return "limit_reached";
    case Reason::cost_above_capacity:
      return "cost_above_capacity";
    case Reason::store_unavailable:
      return "store_unavailable";
  }
  return "";
}

std::string Limit::id() const {
  std::string id(to_string(algorithm));
  for (const std::int64_t number : {limit, period, burst})
    id += "/" + std::to_string(number);
  return id;
}

std::variant<Limit, LimitRefused> make_limit(Algorithm algorithm, std::int64_t limit, Ticks period,
                                             std::optional<std::int64_t> burst) {
  const std::string most = std::to_string(count_max);
  if (limit < 1 || limit > count_max) return LimitRefused{"limit", "must be from 1 to " + most};
  if (period < period_min || period > period_max) return LimitRefused{"period", "must be from 1ms to 8784h (366 days)"};
  if (burst && !has_burst(algorithm)) {
    return LimitRefused{"burst", "makes no sense with " + std::string(to_string(algorithm)) +
                                     ", which admits its whole limit at once; it is for token_bucket, leaky_bucket "
                                     "and gcra"};
  }
  if (burst && (*burst < 1 || *burst > count_max)) return LimitRefused{"burst", "must be from 1 to " + most};

  Limit made{.algorithm = algorithm, .limit = limit, .period = period, .burst = burst.value_or(limit)};
  switch (algorithm) {
    case Algorithm::fixed_window:
      made.horizon = period;
      break;
    case Algorithm::sliding_window_log:
      if (limit > log_limit_max) {
        return LimitRefused{"limit", "must be at most " + std::to_string(log_limit_max) +
                                         " with sliding_window_log, which remembers each admission"};
      }
      made.horizon = period;
      break;
    case Algorithm::sliding_window_counter:
      if (Int128{4} * limit * period > exact_max) return LimitRefused{"limit", inexact};
      made.horizon = 2 * period;
      break;
    case Algorithm::token_bucket:
    case Algorithm::leaky_bucket:
    case Algorithm::gcra: {
      const std::int64_t common = std::gcd(limit, period);
      made.units_per_token = period / common;
      made.units_per_tick = limit / common;
      const Int128 capacity = Int128{made.burst} * made.units_per_token;
      if (4 * (capacity + made.units_per_tick) > exact_max) return LimitRefused{burst ? "burst" : "limit", inexact};
      made.capacity = static_cast<std::int64_t>(capacity);
      made.horizon = ceil_div(made.capacity, made.units_per_tick);
      break;
    }
  }
  return made;
}

}  // namespace rate_limiter
