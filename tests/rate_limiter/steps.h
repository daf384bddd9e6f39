// Requests that are meant to find a wrong decision: a seeded stream of steps over a few limits.
//
// Random pauses find little. What finds something is to be exactly at a border, or one tick beside it: at the instant
// that a refusal named and one tick before, at the end of a window, after idling for a horizon. So steps mix those with
// bursts, costs from 0 to above the capacity, clocks that step back a little or a lot, and limits that change between
// steps. Every failure is a seed and a number of steps. Not thread-safe.

#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "common/random.h"
#include "rate_limiter/limit.h"
#include "tests/rate_limiter/reference_model.h"

namespace testing {

struct Step {
  std::size_t limit;  // which of the limits
  Ticks now;
  std::int64_t cost;
};

class Steps {
 public:
  static constexpr std::size_t limits = 3;

  Steps(rate_limiter::Algorithm algorithm, std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < limits; ++i)
      limits_.push_back(any_limit(algorithm));
    now_ = start + below(limits_[0].period * 3);
  }

  const Limit& limit(std::size_t index) const { return limits_[index]; }

  Step next() {
    if (one_in(50)) current_ = below(limits);  // the rule changes
    const Limit& limit = limits_[current_];
    now_ = std::max(Ticks{0}, now_ + pause(limit));
    return {current_, now_, cost(limit)};
  }
  void decided(const Decision& decision) { last_ = decision; }

 private:
  static constexpr Ticks start = 1'750'000'000'000'000;

  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }

  Limit any_limit(rate_limiter::Algorithm algorithm) {
    constexpr Ticks second = rate_limiter::ticks_per_second;
    constexpr Ticks usual[] = {1'000, 1'009, 60'000, second, second + 1, 7 * second, 60 * second, 86'400 * second};
    for (;;) {
      const std::int64_t most = one_in(8) ? 1 + below(1'000'000) : 1 + below(one_in(2) ? 5 : 40);
      const Ticks period = one_in(4) ? 1'000 + below(100'000'000'000) : usual[below(std::size(usual))];
      std::optional<std::int64_t> burst;
      if (rate_limiter::has_burst(algorithm) && one_in(2)) burst = 1 + below(2 * most);
      auto made = rate_limiter::make_limit(algorithm, most, period, burst);
      if (const auto* good = std::get_if<Limit>(&made)) return *good;
    }
  }

  Ticks pause(const Limit& limit) {
    const Ticks to_border = limit.period - now_ % limit.period;
    const Ticks beside = below(3) - 1;
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
        return 0;
      case 3:
        return 1;
      case 4:
      case 5:
        return std::max(Ticks{0}, last_.retry_after + beside);
      case 6:
        return std::max(Ticks{0}, last_.next_after + beside);
      case 7:
        return std::max(Ticks{0}, last_.reset_after + beside);
      case 8:
        return to_border + beside;
      case 9:
      case 10:
        return below(limit.period / limit.limit + 2);
      case 11:
        return below(limit.period);
      case 12:
        return one_in(4) ? below(4) * limit.horizon + beside : below(limit.period / 4 + 1);
      case 13:
        return one_in(3) ? -below(limit.period) : below(1 + limit.period / 2);
      case 14:
        return one_in(20) ? -below(4) * limit.horizon - beside : 1;
      default:
        return one_in(200) ? -below(1'000'000'000'000) : below(1'000);
    }
  }

  std::int64_t cost(const Limit& limit) {
    switch (below(12)) {
      case 0:
        return 0;
      case 1:
        return limit.burst;
      case 2:
        return limit.burst + below(2);
      case 3:
        return 1 + below(limit.burst);
      case 4:
        return std::max(std::int64_t{1}, last_.remaining);
      case 5:
        return last_.remaining + 1;
      case 6:
        return one_in(10) ? rate_limiter::count_max : 1 + limit.burst / 2;
      default:
        return 1 + (limit.burst > 50 ? below(limit.burst / 10) : 0);
    }
  }

  common::SeededRandom random_;
  std::vector<Limit> limits_;
  std::size_t current_ = 0;
  Ticks now_;
  Decision last_;
};

inline std::string to_text(const Decision& decision) {
  std::ostringstream text;
  text << (decision.allowed ? "allowed" : "refused") << ' ' << to_string(decision.reason) << " remaining "
       << decision.remaining << " retry " << decision.retry_after << " next " << decision.next_after << " reset "
       << decision.reset_after;
  return text.str();
}

// Takes `count` steps from `seed`; decide(limit's number, limit, now, cost) is the one under test. What it got wrong
// first, or nothing.
template <class Decide>
std::string first_difference(rate_limiter::Algorithm algorithm, std::uint64_t seed, std::size_t count, Decide decide) {
  Steps steps(algorithm, seed);
  std::vector<std::unique_ptr<ReferenceModel>> models;
  for (std::size_t i = 0; i < Steps::limits; ++i)
    models.push_back(reference_model(steps.limit(i)));
  for (std::size_t number = 0; number < count; ++number) {
    const Step step = steps.next();
    const Decision expected = models[step.limit]->check(step.now, step.cost);
    const Decision found = decide(step.limit, steps.limit(step.limit), step.now, step.cost);
    if (found != expected) {
      std::ostringstream text;
      text << to_string(algorithm) << " seed " << seed << " step " << number << ": " << steps.limit(step.limit).id()
           << " at " << step.now << " cost " << step.cost << "\n  expected " << to_text(expected) << "\n  found    "
           << to_text(found);
      return text.str();
    }
    steps.decided(found);
  }
  return {};
}

}  // namespace testing
