// The worst that each algorithm lets happen, found by asking it without a pause from every phase of a period on, beside
// what can be proved; and how wrong the one approximation among them is on average.
//
// The proofs. Windows of time are half open, [a, a + t), t at most a period P; L is the limit, and the burst.
//   fixed_window            touches two windows of the clock, each of which admits L.
//   sliding_window_log      is the definition.
//   sliding_window_counter  x before the border, y behind it, the last of these e behind it, e < t: it was admitted, so
//                           x (P - e) / P + y <= L, and x <= L. Hence x + y <= L + x e / P < L + L t / P.
//   the buckets             L when the window begins, and what comes until its last admission: less than L t / P.

#include <cmath>
#include <deque>
#include <iomanip>
#include <iostream>

#include "common/random.h"
#include "rate_limiter/algorithms.h"
#include "tests/support/catch.h"
#include "tests/support/size.h"

using namespace rate_limiter;

namespace {

constexpr std::int64_t most = 100;
constexpr Ticks period = 1'000'000;
constexpr Ticks border = 1'750'000'000 * ticks_per_second;

Limit limit_of(Algorithm algorithm) {
  return std::get<Limit>(make_limit(algorithm, most, period));
}

// The most in any [a, a + length) that begins with an admission.
std::int64_t most_within(const std::vector<Ticks>& admitted, Ticks length) {
  std::size_t highest = 0;
  for (std::size_t first = 0, behind = 0; first < admitted.size(); ++first) {
    while (behind < admitted.size() && admitted[behind] < admitted[first] + length)
      ++behind;
    highest = std::max(highest, behind - first);
  }
  return static_cast<std::int64_t>(highest);
}

struct Worst {
  std::int64_t in_period = 0;
  std::int64_t in_tenth = 0;
};

// Somebody who asks whenever it could help: every thousandth of a period, `step` requests each time.
Worst worst_of(Algorithm algorithm) {
  constexpr Ticks step = period / 1'000;
  Worst worst;
  for (Ticks phase = 0; phase < period; phase += period / 200) {
    for (const Ticks beside : {Ticks{0}, Ticks{1}, step - 1}) {
      State state = fresh(limit_of(algorithm));
      std::vector<Ticks> admitted;
      const Ticks begin = border + phase + beside;
      for (Ticks now = begin; now < begin + 3 * period;) {
        if (check(state, limit_of(algorithm), now, 1).allowed) {
          admitted.push_back(now);
        } else {
          now += step;
        }
      }
      worst.in_period = std::max(worst.in_period, most_within(admitted, period));
      worst.in_tenth = std::max(worst.in_tenth, most_within(admitted, period / 10));
    }
  }
  return worst;
}

// Whole ones below (or, for the exact ones, at) what was proved.
Worst proved(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::fixed_window:
      return {2 * most, 2 * most};
    case Algorithm::sliding_window_log:
      return {most, most};
    default:
      return {2 * most - 1, most + most / 10 - 1};
  }
}

}  // namespace

TEST_CASE("nobody gets more than was proved, and somebody gets as much") {
  std::cout << "most admitted, in units of the limit (100)      in one period        in a tenth of it\n"
            << "                                             found   proved      found   proved\n"
            << std::fixed << std::setprecision(2);
  for (const auto& [algorithm, id, description] : algorithms) {
    const Worst found = worst_of(algorithm);
    const Worst bound = proved(algorithm);
    const auto units = [](std::int64_t count) { return static_cast<double>(count) / most; };
    std::cout << "  " << std::left << std::setw(43) << id << std::right << std::setw(4) << units(found.in_period)
              << "  <= " << units(bound.in_period) << "       " << units(found.in_tenth)
              << "  <= " << units(bound.in_tenth) << "\n";
    INFO(id);
    CHECK(found.in_period == bound.in_period);
    CHECK(found.in_tenth == bound.in_tenth);
  }
}

TEST_CASE("whatever the arrivals, the bounds hold") {
  for (const auto& [algorithm, id, description] : algorithms) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      common::SeededRandom random(seed);
      const Limit limit = limit_of(algorithm);
      State state = fresh(limit);
      std::vector<Ticks> admitted;
      Ticks now = border;
      for (int i = 0; i < 3'000; ++i) {
        const bool pauses = random.below(100) == 0;
        now += static_cast<Ticks>(random.below(static_cast<std::uint64_t>(pauses ? period : period / (most * 2))));
        if (check(state, limit, now, 1).allowed) admitted.push_back(now);
      }
      CHECK(most_within(admitted, period) <= proved(algorithm).in_period);
      CHECK(most_within(admitted, period / 10) <= proved(algorithm).in_tenth);
    }
  }
}

// A decision is wrong when an exact count of what was admitted in the last period says otherwise.
TEST_CASE("how often the window counter is wrong, under arrivals at random") {
  std::cout << "sliding_window_counter, limit 100, Poisson arrivals: wrong decisions\n"
            << "  offered    admitted too much   refused too early   most in a period\n";
  for (const double offered : {0.5, 0.9, 1.0, 1.1, 2.0, 10.0}) {
    common::SeededRandom random(42);
    const Limit limit = limit_of(Algorithm::sliding_window_counter);
    State state = fresh(limit);
    std::deque<Ticks> last_period;
    std::vector<Ticks> admitted;
    const int requests = testing::sanitized ? 20'000 : 200'000;
    int too_much = 0;
    int too_early = 0;
    double at = static_cast<double>(border);
    for (int i = 0; i < requests; ++i) {
      at += -std::log(1 - random.unit()) * static_cast<double>(period) / (offered * most);
      const auto now = static_cast<Ticks>(at);
      while (!last_period.empty() && last_period.front() <= now - period)
        last_period.pop_front();
      const bool fits = std::ssize(last_period) < most;
      const bool allowed = check(state, limit, now, 1).allowed;
      too_much += allowed && !fits ? 1 : 0;
      too_early += !allowed && fits ? 1 : 0;
      if (!allowed) continue;
      last_period.push_back(now);
      admitted.push_back(now);
    }
    const auto percent = [&](int count) { return 100.0 * count / requests; };
    const auto highest = most_within(admitted, period);
    std::cout << std::fixed << std::setprecision(1) << "  " << std::setw(4) << offered << " x limit"
              << std::setprecision(3) << std::setw(15) << percent(too_much) << " %" << std::setw(18)
              << percent(too_early) << " %" << std::setprecision(2) << std::setw(17)
              << static_cast<double>(highest) / most << "\n";
    CHECK(highest <= 2 * most - 1);
    CHECK(percent(too_much) < 20);
  }
}
