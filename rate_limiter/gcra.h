// gcra: the generic cell rate algorithm. One instant is kept: when all that was admitted will be paid for.
//
// At the allowed pace each request costs one emission interval, period / limit. Who keeps that pace pays as he goes;
// who is early runs up a debt, and the *theoretical arrival time* (TAT) says when he will be out of it. A request moves
// it on by its cost; one that would move it further than `burst` intervals ahead of now is refused. No counter, no
// rate, no background work: two additions and a comparison.
//
// Guarantee   within any time t at most burst + limit x t / period are admitted; the same decisions as token_bucket.h.
// Worst case  in one period burst + limit: just below 2 x limit with burst = limit.
// Memory      one instant. Exact, it takes two numbers: whole ticks, and what is beyond them in 1 / units_per_tick of
//             a tick (0 whenever the emission interval is a whole number of ticks). Redis: one GET and one SET.
// Clock       when it steps back the debt seems larger by that step, so for so long less is admitted.
//
// Pure. Source: ITU-T I.371 (2000), annex A, "virtual scheduling algorithm"; ATM Forum, Traffic Management 4.0, 1996.

#pragma once

#include <algorithm>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct Gcra {
  struct State {
    Ticks tat;              // whole ticks,
    std::int64_t fraction;  // and so many 1 / units_per_tick of one
  };
  static constexpr State fresh(const Limit&) noexcept { return {0, 0}; }

  // Changes `state` only when the cost is admitted.
  static constexpr Decision check(State& state, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
    const bool believed = state.tat <= now + 2 * limit.horizon;  // its clock was at most one horizon ahead of ours
    std::int64_t debt = 0;                                       // in units: those of the time from now to the TAT
    if (believed && state.tat >= now) debt = (state.tat - now) * limit.units_per_tick + state.fraction;

    const bool fits = cost <= limit.burst && debt + cost * limit.units_per_token <= limit.capacity;
    const bool allowed = fits || cost == 0;  // a clock that stepped back can make debt exceed the capacity
    if (allowed && cost > 0) {
      debt += cost * limit.units_per_token;
      state = {now + debt / limit.units_per_tick, debt % limit.units_per_tick};
    }
    // Ticks until so much is paid that `wanted` tokens fit.
    const auto until = [&](std::int64_t wanted) {
      return ceil_div(debt + wanted * limit.units_per_token - limit.capacity, limit.units_per_tick);
    };
    Decision decision = judged(limit, cost, allowed);
    decision.remaining = std::max(std::int64_t{0}, limit.capacity - debt) / limit.units_per_token;
    if (!allowed) decision.retry_after = cost > limit.burst ? Decision::never : until(cost);
    if (debt > 0) {
      decision.next_after = until(decision.remaining + 1);
      decision.reset_after = until(limit.burst);
    }
    return decision;
  }
};

}  // namespace rate_limiter
