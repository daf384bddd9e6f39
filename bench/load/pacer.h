// When the next request is due: the difference between measuring a service and fooling oneself.
// Pure.
//
// closed loop  a request is due whenever a connection is free. Each connection waits for its
// answer, so a
//              server that stalls is asked less: right for cost per request at saturation, wrong
//              for latency.
// open loop    request k is due at start + k / rate, whatever the server does, as real users
//              are. Its latency counts from that intended instant, not from when a connection was
//              free to send it; otherwise one stall of a second hides the thousand requests that
//              should have been sent meanwhile (coordinated omission: Gil Tene, "How NOT to Measure
//              Latency", 2013; the same cure as in his wrk2).
//
// Memory is constant: the intended instants are arithmetic, so waiting requests need no queue.

#pragma once

#include <cstdint>

#include "common/clock.h"

namespace bench::load {

class Pacer {
 public:
  // Due until `start + duration`.
  static Pacer closed_loop(common::Instant start, common::Duration duration);

  // rate x duration requests, `rate` > 0 a second. `phase` in [0, 1) shifts all by that part of an
  // interval, so that several threads interleave.
  static Pacer open_loop(common::Instant start, common::Duration duration, double rate, double phase = 0);

  bool open() const noexcept { return rate_ > 0; }

  // Whether a request should be sent at `now`, if a connection is free.
  bool due(common::Instant now) const noexcept;

  // Takes the request that is due; answers the instant its latency counts from.
  common::Instant take(common::Instant now) noexcept;

  // When the next one will be due; Instant::max() when none will.
  common::Instant next() const noexcept;

  // When requests cease to become due.
  common::Instant end() const noexcept { return end_; }

  // Whether no request will be due any more.
  bool finished(common::Instant now) const noexcept;

 private:
  common::Instant intended(std::uint64_t k) const noexcept;

  common::Instant start_;
  common::Instant end_;
  double rate_ = 0;  // 0: closed loop
  double phase_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace bench::load
