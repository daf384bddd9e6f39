// How long to wait before trying again: exponential back-off with full jitter.
//
// When a dependency comes back, clients that all wait the same doubling times return together and
// knock it over again. "Full jitter" draws the wait evenly from zero up to the doubled bound: half
// the wait on average, and arrivals spread flat. Source: Marc Brooker, "Exponential Backoff And
// Jitter", AWS Architecture Blog, 2015, where it beat the alternatives in both work done and time
// taken. Pure.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/clock.h"
#include "common/random.h"

namespace common {

struct Backoff {
  Duration base = std::chrono::milliseconds{50};  // bound of the first wait; above 0
  Duration cap = std::chrono::seconds{10};        // bound of every wait; at least base
};

// min(cap, base * 2^attempt), without overflow. attempt: 0 before the first repetition.
constexpr Duration backoff_bound(std::uint32_t attempt, const Backoff& backoff) noexcept {
  Duration bound = std::min(backoff.base, backoff.cap);
  for (std::uint32_t i = 0; i < attempt && bound < backoff.cap; ++i) {
    bound = bound > backoff.cap / 2 ? backoff.cap : bound * 2;
  }
  return bound;
}

// Even in [0, backoff_bound], both ends included.
inline Duration full_jitter(std::uint32_t attempt, const Backoff& backoff, Random& random) {
  const auto bound = static_cast<std::uint64_t>(backoff_bound(attempt, backoff).count());
  return Duration{static_cast<std::int64_t>(random.below(bound + 1))};
}

}  // namespace common
