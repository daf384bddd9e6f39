// token_bucket: tokens drip into a bucket, each request takes its cost out, and who finds too few is refused.
//
// The bucket holds `burst` tokens and begins full; `limit` tokens come in each period, evenly, not all at once. So a
// client that was quiet may burst, and one that never stops gets the limit's pace. Nothing drips in the background:
// what came since the last request is added when the next one looks.
//
// Guarantee   within any time t at most burst + limit x t / period are admitted. Exact: tokens are counted in units of
//             which every tick brings a whole number (limit.h), so nothing is rounded, however often it is asked.
// Worst case  in one period burst + limit, which is just below 2 x limit with burst = limit: a full bucket, emptied,
//             and all that drips in while the period lasts. burst = 1 spaces requests evenly instead.
// Memory      two numbers. Redis: one GET and one SET.
// Clock       while it is behind the request that was seen last, no tokens come.
//
// Pure. leaky_bucket.h and gcra.h admit exactly the same (tests/rate_limiter/algorithms_test.cpp): three ways to write
// down one curve. What other programs call a token bucket and fill at once at the end of the period is a fixed window.
// Source: Turner, "New directions in communications (or which way to the information age?)", 1986.

#pragma once

#include <algorithm>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct TokenBucket {
  struct State {
    std::int64_t tokens;  // in units
    Ticks at;             // when there were so many
  };
  static constexpr State fresh(const Limit& limit) noexcept { return {limit.capacity, 0}; }

  // Changes `state` only when the cost is admitted.
  static constexpr Decision check(State& state, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
    const State old = state.at > now + limit.horizon ? fresh(limit) : state;
    const Ticks at = std::max(now, old.at);
    const Ticks elapsed = std::min(at - old.at, limit.horizon);  // by then it is full
    std::int64_t tokens = std::min(limit.capacity, old.tokens + elapsed * limit.units_per_tick);

    const bool allowed = cost <= limit.burst && cost * limit.units_per_token <= tokens;
    if (allowed && cost > 0) {
      tokens -= cost * limit.units_per_token;
      state = {tokens, at};
    }
    const auto until = [&](std::int64_t wanted) { return at - now + ceil_div(wanted - tokens, limit.units_per_tick); };
    Decision decision = judged(limit, cost, allowed);
    decision.remaining = tokens / limit.units_per_token;
    if (!allowed) decision.retry_after = cost > limit.burst ? Decision::never : until(cost * limit.units_per_token);
    if (tokens < limit.capacity) {
      decision.next_after = until((decision.remaining + 1) * limit.units_per_token);
      decision.reset_after = until(limit.capacity);
    }
    return decision;
  }
};

}  // namespace rate_limiter
