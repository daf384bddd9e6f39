// Ids from a clock: unique across machines without a trip to a store for each, and in the order of time.
//
//     41 bits: milliseconds since 2025 | 10 bits: machine | 8 bits: sequence within the millisecond
//
// Twitter announced the layout in 2010 ("Announcing Snowflake"), with 12 bits of sequence: 63 bits, eleven characters
// in base 62. A short link has better uses for a character than 4,096 ids a millisecond. 59 bits are the most that
// always fit in ten (62^10 is 2^59.5), so the sequence gave up four: 256 ids a millisecond are still 256,000 a second
// and process. 41 bits last until 2094, 10 number 1,024 processes.
//
// Milliseconds and sequence together are one number here, the tick, and each id takes the next: the clock's, or one
// more than the last if the clock is not ahead of that. So a full millisecond overflows into the next by itself, and
// so does a clock that stands or steps back: both borrow from the time to come, `borrow_max` at most, enough for a
// leap second. Further back is an error, until the clock has caught up.
//
//   1. Every timestamp lies in the span that the machine number is leased for (machine_ids.h). Spans of one number
//      never overlap, so two processes never make one id, whatever their clocks say, and however late a paused
//      process wakes up.
//   2. Ticks only rise. So one process never makes an id twice, nor one smaller than the last of this lease.
//
// 1 also covers the restart after a crash: nobody remembers the last tick, but it lay before the old span's end, and
// the new span begins there or later. And where clocks agree, one has stopped before the other begins: a tick is never
// behind the clock, so at the span's end, when the store may give the number away, this gives out nothing any more.
//
// Pure: the time is an argument. Not thread-safe.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <variant>

#include "url_shortener/base62.h"

namespace url_shortener {

using Millisecond = std::chrono::sys_time<std::chrono::milliseconds>;

// The timestamps from `from` to before `until`, of one machine number.
struct MachineLease {
  std::uint32_t machine = 0;
  Millisecond from;
  Millisecond until;
};

class Snowflake {
 public:
  static constexpr unsigned time_bits = 41;
  static constexpr unsigned machine_bits = 10;
  static constexpr unsigned sequence_bits = 8;
  static constexpr std::uint32_t machines = 1u << machine_bits;
  static constexpr unsigned digits = base62::exponent_max;  // of an id in base 62
  static constexpr Millisecond epoch{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
  static constexpr Millisecond end = epoch + std::chrono::milliseconds{std::int64_t{1} << time_bits};
  static constexpr std::chrono::milliseconds borrow_max{2000};

  static_assert(base62::power(digits) >= std::uint64_t{1} << (time_bits + machine_bits + sequence_bits));

  struct LeaseOver {};    // nothing is leased, or the next timestamp would lie behind the lease
  struct ClockBehind {};  // the next timestamp would be more than borrow_max ahead of the clock
  using Outcome = std::variant<std::uint64_t, LeaseOver, ClockBehind>;

  // A new lease, or one extended: what MachineIds answered last.
  void set_lease(const MachineLease& lease) noexcept {
    lease_ = lease;
    lease_.until = std::min(lease.until, end);
    next_tick_ = std::max(next_tick_, first_tick(lease.from));
  }

  // The next id when the clock says `now`.
  Outcome next(Millisecond now) noexcept {
    const std::int64_t tick = std::max(next_tick_, first_tick(now));
    const Millisecond timestamp = time_of(tick);
    if (timestamp - now > borrow_max) return ClockBehind{};
    if (timestamp >= lease_.until) return LeaseOver{};
    next_tick_ = tick + 1;
    const auto bits = static_cast<std::uint64_t>(tick);
    return bits >> sequence_bits << (machine_bits + sequence_bits) | std::uint64_t{lease_.machine} << sequence_bits |
           (bits & sequence_mask);
  }

  // How much of the lease is left, for the clock and for what was borrowed from it; not positive when it is over.
  std::chrono::milliseconds left(Millisecond now) const noexcept {
    return lease_.until - std::max(now, time_of(next_tick_));
  }

 private:
  static constexpr std::uint64_t sequence_mask = (1u << sequence_bits) - 1;

  // Before the epoch there are no ticks: then the clock is behind.
  static constexpr std::int64_t first_tick(Millisecond time) noexcept {
    return std::max<std::int64_t>((time - epoch).count(), 0) << sequence_bits;
  }
  static constexpr Millisecond time_of(std::int64_t tick) noexcept {
    return epoch + std::chrono::milliseconds{tick >> sequence_bits};
  }

  MachineLease lease_;
  std::int64_t next_tick_ = 0;
};

}  // namespace url_shortener
