// XFetch against its own theory: how often a value is loaded for each expiry.

#include "cache_aside/early_refresh.h"

#include <iomanip>
#include <iostream>
#include <optional>

#include "common/random.h"
#include "tests/support/catch.h"

using namespace cache_aside;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

// Loads for each expiry, of Poisson reads at `rate` a second: every load in flight when another begins counts, and the
// first to end begins the next period.
double loads_for_each_expiry(double rate, microseconds load_time, double beta, int expiries) {
  common::SeededRandom random(1);
  constexpr microseconds ttl = 60s;
  std::uint64_t loads = 0;
  for (int period = 0; period < expiries; ++period) {
    const common::TimePoint expiry = common::TimePoint{} + ttl;
    // Nothing happens earlier than this: the chance is below e^-40.
    double now_us = static_cast<double>((ttl - 40 * load_time).count());
    std::optional<double> ends_us;
    for (;;) {
      now_us += -std::log(1.0 - random.unit()) / rate * 1e6;
      if (ends_us && now_us >= *ends_us) break;
      const common::TimePoint now = common::TimePoint{} + microseconds(static_cast<std::int64_t>(now_us));
      const bool begins = now >= expiry || refresh_early(now, expiry, load_time, beta, 1.0 - random.unit());
      if (!begins) continue;
      ++loads;
      if (!ends_us) ends_us = now_us + static_cast<double>(load_time.count());
    }
  }
  return static_cast<double>(loads) / expiries;
}

}  // namespace

TEST_CASE("a value is loaded e^(1/beta) times for each expiry, whatever the rate") {
  for (const double beta : {1.0, 2.0}) {
    for (const double rate : {100.0, 1000.0}) {
      const double measured = loads_for_each_expiry(rate, 400ms, beta, 3000);
      const double predicted = std::exp(1 / beta);
      std::cout << "XFetch, beta " << beta << ", " << rate << " reads/s, a load of 0.4 s: " << std::fixed
                << std::setprecision(2) << measured << " loads for each expiry, e^(1/beta) is " << predicted
                << std::endl;
      CHECK(measured == testing::Approx(predicted).epsilon(0.1));
    }
  }
}

TEST_CASE("nobody refreshes a value long before its end, and everybody one past it") {
  const common::TimePoint expiry{3600s};
  CHECK_FALSE(refresh_early(expiry - 10s, expiry, 400ms, 1.0, 1e-9));
  CHECK(refresh_early(expiry, expiry, 400ms, 1.0, 1.0));
  CHECK(refresh_early(expiry + 1s, expiry, 400ms, 1.0, 1.0));
  CHECK(refresh_early(expiry - 400ms, expiry, 400ms, 1.0, 0.36));
  CHECK_FALSE(refresh_early(expiry - 400ms, expiry, 400ms, 1.0, 0.37));
}
