// fixed_window: a counter that starts again with each period on the clock.
//
// The minute on the clock has 60 seconds, and in each of them the limit may be used up once: one counter and the
// window's beginning, and everybody understands the answer "until 12:01".
//
// Guarantee   in each window [k period, (k + 1) period) at most `limit` are admitted.
// Worst case  2 x limit within any time however short, around a border: the whole limit just before, the next one just
//             after. All keys start again at the same instant, so clients that were told to wait come back together.
// Memory      two numbers. Redis: one GET and one SET.
// Clock       while it is behind the window that was seen last, that window goes on.
//
// Pure. (What is often called a fixed window "from the first request on" is not this: its windows follow each other at
// each key's own times. Its worst case is the same.)

#pragma once

#include <algorithm>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct FixedWindow {
  struct State {
    Ticks start;  // of the window
    std::int64_t used;
  };
  static constexpr State fresh(const Limit&) noexcept { return {0, 0}; }

  // Changes `state` only when the cost is admitted.
  static constexpr Decision check(State& state, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
    const State old = state.start > now + limit.horizon ? fresh(limit) : state;
    const Ticks at = std::max(now, old.start);
    const Ticks start = at - at % limit.period;
    std::int64_t used = start == old.start ? old.used : 0;

    const bool allowed = cost <= limit.limit - used;
    if (allowed && cost > 0) {
      used += cost;
      state = {start, used};
    }
    Decision decision = judged(limit, cost, allowed);
    const Ticks border = start + limit.period - now;
    decision.remaining = limit.limit - used;
    decision.next_after = decision.reset_after = used == 0 ? 0 : border;
    if (!allowed) decision.retry_after = cost > limit.burst ? Decision::never : border;
    return decision;
  }
};

}  // namespace rate_limiter
