// A provider's quota of N in a period, never exceeded in any window of that length, shared by all workers. Pure.
//
// Sources: the generic cell rate algorithm (ITU-T I.371): one number, the theoretical arrival time, says how far ahead
// of its rate a stream is. A counter that starts anew each minute lets 2 N through within one: N at the end of a
// minute, N at the start of the next. GCRA with rate r and burst b lets at most b + r T through in any T; so here
//
//   b = 2 % of N, at least 1          r = (N - 2 b) / period
//
// and the other b is slack: what is granted may reach the provider up to `slack()` later than it was granted, and the
// sum still holds. Who is held up longer asks again. Critical messages may use the whole burst, others half of it, so
// that they never wait behind bulk.
//
// FCM's 600,000 a minute thus become 576,000: ten million take 17 min 22 s instead of the floor of 16 min 40 s.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/clock.h"

namespace notifier {

struct Quota {
  std::int64_t count = 0;  // at least 4
  common::Duration period{0};

  std::int64_t burst() const noexcept { return std::max<std::int64_t>(1, count / 50); }
  // How many may be asked for at a time.
  std::int64_t chunk() const noexcept { return std::max<std::int64_t>(1, burst() / 4); }
  // Microseconds between two at the rate.
  double interval_us() const noexcept {
    const auto period_us = std::chrono::duration<double, std::micro>(period).count();
    return period_us / static_cast<double>(count - 2 * burst());
  }
  common::Duration slack() const noexcept {
    return std::chrono::microseconds{static_cast<std::int64_t>(interval_us() * static_cast<double>(burst()))};
  }
};

struct QuotaGrant {
  common::TimePoint arrival;  // the state to keep, when granted
  common::Duration wait{0};   // zero: granted; else nothing was, and this long until it may be
};

// `wanted` (at most chunk()) at `now`, all or nothing, when `arrival` was kept last (the epoch: never).
inline QuotaGrant take(const Quota& quota, common::TimePoint arrival, std::int64_t wanted, bool critical,
                       common::TimePoint now) {
  const double interval = quota.interval_us();
  const double burst = static_cast<double>(quota.burst());
  const double allowance = std::max(1.0, critical ? burst : burst / 2);
  const auto start = std::max(arrival, now);
  const double after = std::chrono::duration<double, std::micro>(start - now).count() +
                       static_cast<double>(std::min(wanted, quota.chunk())) * interval;
  const double excess = after - allowance * interval;
  if (excess > 1) return {arrival, std::chrono::microseconds{static_cast<std::int64_t>(excess) + 1}};
  return {now + std::chrono::microseconds{static_cast<std::int64_t>(after + 0.5)}, common::Duration{0}};
}

// How long `count` more take at the quota's rate.
inline common::Duration time_for(const Quota& quota, std::int64_t count) {
  return std::chrono::microseconds{static_cast<std::int64_t>(static_cast<double>(count) * quota.interval_us())};
}

}  // namespace notifier
