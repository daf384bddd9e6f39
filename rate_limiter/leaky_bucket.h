// leaky_bucket: each request pours its cost into a bucket with a hole, and what would spill over is refused.
//
// The token bucket upside down: instead of tokens that are left it counts what has been used and not yet drained. The
// hole drains `limit` in each period, the bucket holds `burst`. This is the leaky bucket *as a meter*: it refuses, it
// never delays. (As a queue, which it is also called, requests wait inside and leave at the hole's pace: that is
// traffic shaping, needs a place for each one that waits, and makes a client's timeout the server's problem.)
//
// Guarantee   within any time t at most burst + limit x t / period are admitted; exact, as in token_bucket.h.
// Worst case  in one period burst + limit: just below 2 x limit with burst = limit.
// Memory      two numbers. Redis: one GET and one SET.
// Clock       while it is behind the request that was seen last, nothing drains.
//
// Pure. Source: ITU-T I.371 (2000), annex A, "continuous-state leaky bucket algorithm".

#pragma once

#include <algorithm>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct LeakyBucket {
  struct State {
    std::int64_t level;  // in units
    Ticks at;            // when it stood so high
  };
  static constexpr State fresh(const Limit&) noexcept { return {0, 0}; }

  // Changes `state` only when the cost is admitted.
  static constexpr Decision check(State& state, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
    const State old = state.at > now + limit.horizon ? fresh(limit) : state;
    const Ticks at = std::max(now, old.at);
    const Ticks elapsed = std::min(at - old.at, limit.horizon);  // by then it is empty
    std::int64_t level = std::max(std::int64_t{0}, old.level - elapsed * limit.units_per_tick);

    const bool allowed = cost <= limit.burst && level + cost * limit.units_per_token <= limit.capacity;
    if (allowed && cost > 0) {
      level += cost * limit.units_per_token;
      state = {level, at};
    }
    // Ticks from now until it has sunk so far that `wanted` tokens fit.
    const auto until = [&](std::int64_t wanted) {
      return at - now + ceil_div(level + wanted * limit.units_per_token - limit.capacity, limit.units_per_tick);
    };
    Decision decision = judged(limit, cost, allowed);
    decision.remaining = (limit.capacity - level) / limit.units_per_token;
    if (!allowed) decision.retry_after = cost > limit.burst ? Decision::never : until(cost);
    if (level > 0) {
      decision.next_after = until(decision.remaining + 1);
      decision.reset_after = until(limit.burst);
    }
    return decision;
  }
};

}  // namespace rate_limiter
