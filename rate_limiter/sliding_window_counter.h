// sliding_window_counter: two fixed windows, of which the older one fades away.
//
// A fixed window forgets everything at its border. Here the window before still counts, by the share of it that the
// last period reaches back into: 30 % into this window, 70 % of what the last one admitted. That estimate would be
// right if the last window's requests had been spread evenly; nobody asked them to be.
//
// Guarantee   previous x (1 - elapsed / period) + current + cost <= limit, exactly, at each admission.
// Worst case  just below 2 x limit in one period, as with a fixed window: use up the limit at the beginning of one
//             window, and the next one as fast as the first fades. What it does prevent is both at one instant: within
//             a tenth of a period 1.1 x limit at most. (tests/rate_limiter/worst_case_test.cpp prints both.)
// Memory      three numbers. Redis: one GET and one SET.
// Clock       while it is behind the window that was seen last, time stands still at that window's beginning.
//
// Pure. Source: Cloudflare, "How we built rate limiting capable of scaling to millions of domains", 2017.

#pragma once

#include <algorithm>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct SlidingWindowCounter {
  struct State {
    Ticks start;  // of the current window
    std::int64_t current;
    std::int64_t previous;
  };
  static constexpr State fresh(const Limit&) noexcept { return {0, 0, 0}; }

  // Changes `state` only when the cost is admitted.
  static constexpr Decision check(State& state, const Limit& limit, Ticks now, std::int64_t cost) noexcept {
    const Ticks period = limit.period;
    const State old = state.start > now + limit.horizon ? fresh(limit) : state;
    const Ticks at = std::max(now, old.start);
    State seen{at - at % period, 0, 0};
    if (seen.start == old.start) {
      seen = old;
    } else if (seen.start == old.start + period) {
      seen.previous = old.current;
    }

    const bool allowed = cost <= free(seen, limit, at);
    if (allowed && cost > 0) {
      seen.current += cost;
      state = seen;
    }
    Decision decision = judged(limit, cost, allowed);
    decision.remaining = free(seen, limit, at);
    if (!allowed) decision.retry_after = cost > limit.burst ? Decision::never : free_at(seen, limit, cost) - now;
    if (seen.current > 0 || seen.previous > 0) {
      const std::int64_t more = decision.remaining + 1;
      decision.next_after = (more <= limit.limit ? free_at(seen, limit, more) : end(seen, limit)) - now;
      decision.reset_after = end(seen, limit) - now;
    }
    return decision;
  }

 private:
  // Whole ones that are free at `at`, which lies in the window.
  static constexpr std::int64_t free(const State& seen, const Limit& limit, Ticks at) noexcept {
    const Ticks left = seen.start + limit.period - at;
    const std::int64_t room = (limit.limit - seen.current) * limit.period - seen.previous * left;
    return std::max(std::int64_t{0}, room) / limit.period;  // below 0 only while the clock is behind
  }
  // When `cost` will be, if it is not yet: as the previous window fades, or else as this one will.
  static constexpr Ticks free_at(const State& seen, const Limit& limit, std::int64_t cost) noexcept {
    const std::int64_t room = limit.limit - seen.current - cost;
    if (room >= 0) return seen.start + limit.period - room * limit.period / seen.previous;
    return seen.start + 2 * limit.period - (limit.limit - cost) * limit.period / seen.current;
  }
  // When nothing of it counts any more.
  static constexpr Ticks end(const State& seen, const Limit& limit) noexcept {
    return seen.start + (seen.current > 0 ? 2 : 1) * limit.period;
  }
};

}  // namespace rate_limiter
