// Which limits there are, and which are refused.

#include "rate_limiter/limit.h"

#include "tests/support/catch.h"

using namespace rate_limiter;

namespace {

constexpr Ticks second = ticks_per_second;
constexpr Ticks day = 86'400 * second;

std::string refused_field(Algorithm algorithm, std::int64_t limit, Ticks period,
                          std::optional<std::int64_t> burst = std::nullopt) {
  const auto made = make_limit(algorithm, limit, period, burst);
  const auto* refused = std::get_if<LimitRefused>(&made);
  return refused ? refused->field : "";
}

}  // namespace

TEST_CASE("limits out of range are refused by name") {
  for (const auto& [algorithm, id, description] : algorithms) {
    CHECK(refused_field(algorithm, 0, second) == "limit");
    CHECK(refused_field(algorithm, -1, second) == "limit");
    CHECK(refused_field(algorithm, count_max + 1, second) == "limit");
    CHECK(refused_field(algorithm, INT64_MAX, second) == "limit");
    CHECK(refused_field(algorithm, 1, 0) == "period");
    CHECK(refused_field(algorithm, 1, -second) == "period");
    CHECK(refused_field(algorithm, 1, period_min - 1) == "period");
    CHECK(refused_field(algorithm, 1, period_max + 1) == "period");
    CHECK(refused_field(algorithm, 1, period_min).empty());
    CHECK(refused_field(algorithm, 1, period_max).empty());
    CHECK(refused_field(algorithm, 1, second, 0) == "burst");
    CHECK(refused_field(algorithm, 1, second, 5) == (has_burst(algorithm) ? "" : "burst"));
  }
}

TEST_CASE("a limit whose arithmetic would leave the integers of Lua is refused") {
  CHECK(refused_field(Algorithm::token_bucket, 1'000'000, day).empty());  // 86,400 units a token
  CHECK(refused_field(Algorithm::gcra, 999'983, day) == "limit");         // a prime: no common divisor
  CHECK(refused_field(Algorithm::leaky_bucket, 1, day, count_max) == "burst");
  CHECK(refused_field(Algorithm::sliding_window_counter, 20'000, day).empty());
  CHECK(refused_field(Algorithm::sliding_window_counter, 30'000, day) == "limit");
  CHECK(refused_field(Algorithm::sliding_window_log, log_limit_max, day).empty());
  CHECK(refused_field(Algorithm::sliding_window_log, log_limit_max + 1, day) == "limit");
  CHECK(refused_field(Algorithm::fixed_window, count_max, period_max).empty());
}

TEST_CASE("tokens and ticks are counted in whole units") {
  const auto seven = std::get<Limit>(make_limit(Algorithm::token_bucket, 7, 60 * second));
  CHECK(seven.units_per_token == 60'000'000);
  CHECK(seven.units_per_tick == 7);
  CHECK(seven.burst == 7);
  const auto five = std::get<Limit>(make_limit(Algorithm::gcra, 5, 60 * second, 2));
  CHECK(five.units_per_token == 12'000'000);
  CHECK(five.units_per_tick == 1);
  CHECK(five.capacity == 24'000'000);
  CHECK(five.horizon == 24 * second);
}

TEST_CASE("limits have equal names exactly when they are equal") {
  const auto one = std::get<Limit>(make_limit(Algorithm::gcra, 5, 60 * second, 2));
  const auto two = std::get<Limit>(make_limit(Algorithm::gcra, 5, 60 * second, 3));
  CHECK(one.id() == "gcra/5/60000000/2");
  CHECK(one.id() != two.id());
  for (const auto& [algorithm, id, description] : algorithms) {
    CHECK(to_string(algorithm) == id);
    CHECK(parse_algorithm(id) == algorithm);
  }
  CHECK_FALSE(parse_algorithm("tokenbucket"));
}
