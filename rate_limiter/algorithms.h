// The six algorithms as one: a state that fits any of them, and a call that finds the right one.
//
// What stores keep for a key is either a FixedState, three numbers (sliding_window_log apart all algorithms need no
// more), or a log. Pure, but for the memory that a log takes.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <variant>

#include "rate_limiter/fixed_window.h"
#include "rate_limiter/gcra.h"
#include "rate_limiter/leaky_bucket.h"
#include "rate_limiter/limit.h"
#include "rate_limiter/sliding_window_counter.h"
#include "rate_limiter/sliding_window_log.h"
#include "rate_limiter/token_bucket.h"

namespace rate_limiter {

// The numbers of an algorithm's State, in their order.
using FixedState = std::array<std::int64_t, 3>;
using Log = SlidingWindowLog::State;

constexpr bool has_log(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::sliding_window_log;
}

namespace detail {

template <class Kind>
FixedState fresh(const Limit& limit) noexcept {
  const typename Kind::State state = Kind::fresh(limit);
  FixedState numbers{};
  static_assert(sizeof state <= sizeof numbers);
  std::memcpy(numbers.data(), &state, sizeof state);
  return numbers;
}

template <class Kind>
Decision check(FixedState& numbers, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
  typename Kind::State state;
  std::memcpy(&state, numbers.data(), sizeof state);
  const Decision decision = Kind::check(state, limit, now, cost);
  std::memcpy(numbers.data(), &state, sizeof state);
  return decision;
}

}  // namespace detail

// Of any algorithm but sliding_window_log.
inline FixedState fresh_state(const Limit& limit) noexcept {
  switch (limit.algorithm) {
    case Algorithm::fixed_window:
      return detail::fresh<FixedWindow>(limit);
    case Algorithm::sliding_window_counter:
      return detail::fresh<SlidingWindowCounter>(limit);
    case Algorithm::leaky_bucket:
      return detail::fresh<LeakyBucket>(limit);
    case Algorithm::gcra:
      return detail::fresh<Gcra>(limit);
    default:
      return detail::fresh<TokenBucket>(limit);
  }
}

// Decides on `cost`, 0 to count_max, and takes it when it is allowed.
inline Decision check(FixedState& state, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
  switch (limit.algorithm) {
    case Algorithm::fixed_window:
      return detail::check<FixedWindow>(state, limit, now, cost);
    case Algorithm::sliding_window_counter:
      return detail::check<SlidingWindowCounter>(state, limit, now, cost);
    case Algorithm::leaky_bucket:
      return detail::check<LeakyBucket>(state, limit, now, cost);
    case Algorithm::gcra:
      return detail::check<Gcra>(state, limit, now, cost);
    default:
      return detail::check<TokenBucket>(state, limit, now, cost);
  }
}

inline Decision check(Log& state, const Limit& limit, Ticks now, std::int64_t cost) {
  return SlidingWindowLog::check(state, limit, now, cost);
}

using State = std::variant<FixedState, Log>;

inline State fresh(const Limit& limit) {
  if (has_log(limit.algorithm)) return Log{};
  return fresh_state(limit);
}

inline Decision check(State& state, const Limit& limit, Ticks now, std::int64_t cost) {
  if (auto* log = std::get_if<Log>(&state)) return check(*log, limit, now, cost);
  return check(std::get<FixedState>(state), limit, now, cost);
}

}  // namespace rate_limiter
