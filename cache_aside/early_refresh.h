// When to load a value that has not expired yet: XFetch.
//
// A reader at time t loads anew if  t + load_time * beta * -ln(u) >= expiry,  u uniform in (0, 1]. So the probability
// rises towards the expiry on the scale of what a load takes, and somebody is likely to have done it before the value
// expires for all. The expected number of loads for each expiry is e^(1/beta), whatever the request rate: 2.72 for
// beta = 1, 1.65 for beta = 2.
//
// Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015. Pure.

#pragma once

#include <chrono>
#include <cmath>

#include "common/clock.h"

namespace cache_aside {

// `u` in (0, 1].
inline bool refresh_early(common::TimePoint now, common::TimePoint expiry, std::chrono::microseconds load_time,
                          double beta, double u) noexcept {
  const double ahead_us = static_cast<double>(load_time.count()) * beta * -std::log(u);
  const double left_us = static_cast<double>((expiry - now).count());
  return ahead_us >= left_us;
}

}  // namespace cache_aside
