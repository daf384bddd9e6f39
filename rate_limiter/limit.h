// A limit: so many in each period, by one of six algorithms. And what a decision about it says.
//
// Time is in ticks: whole microseconds since 1970, the finest that Redis tells. All arithmetic is in integers that
// neither drift nor overflow, here in 64 bits and in the Lua twins in doubles, which hold integers up to 2^53: a limit
// that could leave them is refused by make_limit(), so no algorithm has to think of it.
//
// How "7 in a minute" stays exact although 60,000,000 / 7 is no whole number of ticks: the three bucket algorithms
// count in *units*, chosen so that one token is `units_per_token` of them and one tick brings `units_per_tick`, both
// whole: period and limit, divided by what they have in common. 7 in a minute: 60,000,000 and 7. 5: 12,000,000 and 1.
//
// Pure.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace rate_limiter {

using Ticks = std::int64_t;

inline constexpr Ticks ticks_per_second = 1'000'000;
inline constexpr std::int64_t exact_max = std::int64_t{1} << 53;  // the largest integer up to which doubles have all
inline constexpr std::int64_t count_max = 1'000'000'000;          // of a limit, a burst, a cost
inline constexpr std::int64_t log_limit_max = 100'000;            // sliding_window_log keeps each admission
inline constexpr Ticks period_min = 1'000;                        // a millisecond
inline constexpr Ticks period_max = 366 * 24 * 3'600 * ticks_per_second;

enum class Algorithm : std::uint8_t {
  fixed_window,
  sliding_window_log,
  sliding_window_counter,
  token_bucket,
  leaky_bucket,
  gcra,
};

struct AlgorithmName {
  Algorithm algorithm;
  std::string_view id;
  std::string_view description;
};
// All six, in the order of the study page.
inline constexpr std::array<AlgorithmName, 6> algorithms{{
    {Algorithm::fixed_window, "fixed_window", "a counter for each period on the clock; twice the limit at its border"},
    {Algorithm::sliding_window_log, "sliding_window_log", "remembers each admission; exact, and memory to match"},
    {Algorithm::sliding_window_counter, "sliding_window_counter", "two counters, the older one fading; approximate"},
    {Algorithm::token_bucket, "token_bucket", "tokens drip in, a request takes one; bursts up to what has gathered"},
    {Algorithm::leaky_bucket, "leaky_bucket", "the same seen from below, as a meter: it refuses, it never delays"},
    {Algorithm::gcra, "gcra", "the same in one number, the time when all is paid for; ATM's algorithm"},
}};

std::string_view to_string(Algorithm algorithm) noexcept;
std::optional<Algorithm> parse_algorithm(std::string_view id) noexcept;

// Whether `burst` means something to it: the windows admit their whole limit at once by nature.
constexpr bool has_burst(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::token_bucket || algorithm == Algorithm::leaky_bucket || algorithm == Algorithm::gcra;
}

// Made by make_limit() only.
struct Limit {
  Algorithm algorithm = Algorithm::token_bucket;
  std::int64_t limit = 0;  // in each period
  Ticks period = 0;
  std::int64_t burst = 0;  // most admitted at one instant from rest: the largest cost there can be

  // Of the buckets, see above; 0 for the windows.
  std::int64_t units_per_token = 0;
  std::int64_t units_per_tick = 0;
  std::int64_t capacity = 0;  // units of `burst` tokens

  // After so long without a request nothing is left of any state. A state from further than this in the future was
  // written by a clock that was wrong: it is not believed, and the key starts anew.
  Ticks horizon = 0;

  bool operator==(const Limit&) const = default;
  // "token_bucket/5/60000000/5": equal exactly when the limits are.
  std::string id() const;
};

struct LimitRefused {
  std::string field;    // "limit", "period", "burst"
  std::string problem;  // a sentence's end: "must be at least 1"
};

// Without `burst`: the limit.
std::variant<Limit, LimitRefused> make_limit(Algorithm algorithm, std::int64_t limit, Ticks period,
                                             std::optional<std::int64_t> burst = std::nullopt);

enum class Reason : std::uint8_t {
  within_limit,
  limit_reached,
  cost_above_capacity,  // more than is ever admitted at once: no waiting helps
  store_unavailable,    // --on-store-failure decided: nobody counted
};
std::string_view to_string(Reason reason) noexcept;

// What was decided, and what it leaves. Times count from the `now` that was given.
struct Decision {
  static constexpr Ticks never = -1;

  bool allowed = false;
  Reason reason = Reason::within_limit;
  std::int64_t remaining = 0;  // whole ones that are free afterwards
  // Until this cost would be admitted if nobody else came: it is then, and not one tick earlier. 0 when allowed.
  Ticks retry_after = 0;
  Ticks next_after = 0;   // until there is one more than `remaining`; 0 when nothing is used
  Ticks reset_after = 0;  // until nothing is used

  bool operator==(const Decision&) const = default;
};

// The fields of a decision that do not need time.
constexpr Decision judged(const Limit& limit, std::int64_t cost, bool allowed) noexcept {
  Decision decision;
  decision.allowed = allowed;
  decision.reason = allowed              ? Reason::within_limit
                    : cost > limit.burst ? Reason::cost_above_capacity
                                         : Reason::limit_reached;
  return decision;
}

// Of whole numbers, b > 0, rounded up; 0 for what is not above 0.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept {
  return a <= 0 ? 0 : (a - 1) / b + 1;
}

}  // namespace rate_limiter
