// sliding_window_log: remembers every admission, and counts those of the last period.
//
// The definition itself, run as a program: before admitting, drop what is a period old, count the rest. The only one of
// the six that is exact about every window of a period, wherever it begins, and the only one whose memory grows with
// the limit.
//
// Guarantee   in each window [t, t + period), whatever t, at most `limit` are admitted.
// Worst case  the guarantee: 1 x limit. (All of them at one instant, then nothing for a period: it does not smooth.)
// Memory      16 bytes for each admission of the last period, and up to as much again until old ones are dropped: at
//             most 32 x limit a key, and a vector's slack. Redis: a sorted set.
// Clock       while it is behind the admission that was seen last, time stands still there.
//
// Each entry carries the total admitted up to and with it, so that what a stretch of the log holds is a difference of
// two entries: counting and finding the instant at which n will be free are binary searches, however large the costs.
//
// Pure, but for the memory that the log takes.

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct SlidingWindowLog {
  struct Entry {
    Ticks at;
    std::int64_t total;  // admitted so far, this one included
  };
  // Oldest first. Some that are over may be kept; at least the last of them is, for its total.
  using State = std::vector<Entry>;
  static State fresh(const Limit&) { return {}; }

  // Changes `log` only when the cost is admitted. May throw std::bad_alloc.
  static Decision check(State& log, const Limit& limit, Ticks now, std::int64_t cost) {
    const bool believed = log.empty() || log.back().at <= now + limit.horizon;
    const auto end = believed ? log.end() : log.begin();
    const Ticks at = end == log.begin() ? now : std::max(now, log.back().at);
    const auto live = std::upper_bound(log.begin(), end, at - limit.period,
                                       [](Ticks over, const Entry& entry) { return over < entry.at; });
    const std::int64_t before = live == log.begin() ? 0 : std::prev(live)->total;
    std::int64_t total = end == log.begin() ? 0 : std::prev(end)->total;

    Decision decision = judged(limit, cost, cost <= limit.limit - (total - before));
    const bool appends = decision.allowed && cost > 0;
    if (appends) total += cost;
    const std::int64_t used = total - before;
    decision.remaining = limit.limit - used;
    // Ticks from now until `wanted` are free: until the entry is over with which enough of the old ones go. The one
    // that is being appended is the last to go.
    const auto until = [&](std::int64_t wanted) {
      const auto last = std::lower_bound(live, end, before + used + wanted - limit.limit,
                                         [](const Entry& entry, std::int64_t needed) { return entry.total < needed; });
      return (last == end ? at : last->at) + limit.period - now;
    };
    if (!decision.allowed) decision.retry_after = cost > limit.burst ? Decision::never : until(cost);
    if (used > 0) {
      decision.next_after = until(decision.remaining + 1);
      decision.reset_after = until(limit.limit);
    }
    if (appends) append(log, live, believed, {at, total});
    return decision;
  }

 private:
  static void append(State& log, State::iterator live, bool believed, const Entry& entry) {
    if (!believed) log.clear();
    const auto over = live - log.begin();  // erased half a log at a time: on average one entry moves for each admission
    if (believed && over > 1 && 2 * over > std::ssize(log)) log.erase(log.begin(), std::prev(live));
    log.push_back(entry);
  }
};

}  // namespace rate_limiter
