// What each algorithm promises, computed from its definition and the history of what was admitted, in exact arithmetic.
//
// Nothing here is taken from the algorithms: no state that is carried along, no units, no reduced fractions. The
// windows count admissions; the buckets ask for every admission s so far whether what came since then, and the new
// cost, stay within burst + limit x (now - s) / period (Cruz, "A calculus for network delay", 1991). Fractions are over
// `period` or `limit`, whole, in 128 bits.
//
// Slow, and as plain as it can be. Not thread-safe.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

#include "rate_limiter/limit.h"

namespace testing {

__extension__ using Int128 = __int128;
using rate_limiter::Decision;
using rate_limiter::Limit;
using rate_limiter::Ticks;

inline Int128 floor_of(Int128 a, Int128 b) {  // a / b, b > 0, rounded down
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
inline Int128 ceil_of(Int128 a, Int128 b) {
  return -floor_of(-a, b);
}

class ReferenceModel {
 public:
  explicit ReferenceModel(const Limit& limit) : limit_(limit) {}
  virtual ~ReferenceModel() = default;

  Decision check(Ticks now, std::int64_t cost) {
    std::deque<Admission> disbelieved;  // for this decision; for good only if it admits
    if (!admitted_.empty() && from_a_wrong_clock(now)) admitted_.swap(disbelieved);
    Decision decision;
    decision.allowed = cost == 0 || (cost <= limit_.burst && free(now) >= cost);
    decision.reason = decision.allowed      ? rate_limiter::Reason::within_limit
                      : cost > limit_.burst ? rate_limiter::Reason::cost_above_capacity
                                            : rate_limiter::Reason::limit_reached;
    if (decision.allowed && cost > 0) {
      admitted_.push_back({now, cost});
      remember(now);
    }
    decision.remaining = static_cast<std::int64_t>(free(now));
    if (!decision.allowed) decision.retry_after = cost > limit_.burst ? Decision::never : free_at(now, cost) - now;
    if (anything_used(now)) {
      decision.next_after = free_at(now, decision.remaining + 1) - now;
      decision.reset_after = unused_at(now) - now;
    }
    if (!disbelieved.empty() && admitted_.empty()) admitted_.swap(disbelieved);
    forget();
    return decision;
  }

 protected:
  struct Admission {
    Ticks at;  // as the algorithm saw it
    std::int64_t cost;
  };

  virtual bool from_a_wrong_clock(Ticks now) const = 0;
  virtual void remember(Ticks now) = 0;      // the admission that has just been added: when it counts as made
  virtual void forget() {}                   // what can never count again
  virtual Int128 free(Ticks now) const = 0;  // whole ones
  virtual Ticks free_at(Ticks now, std::int64_t wanted) const = 0;  // when there will be, if there are not
  virtual bool anything_used(Ticks now) const = 0;
  virtual Ticks unused_at(Ticks now) const = 0;

  const Limit limit_;
  std::deque<Admission> admitted_;
};

// Time as a key has seen it: it does not go back behind `latest`.
class FixedWindowModel final : public ReferenceModel {
 public:
  using ReferenceModel::ReferenceModel;

 private:
  Ticks window(Ticks at) const { return at / limit_.period; }
  Ticks seen(Ticks now) const {
    return admitted_.empty() ? now : std::max(now, window(admitted_.back().at) * limit_.period);
  }
  void remember(Ticks now) override {
    if (admitted_.size() < 2) return;
    admitted_.back().at = std::max(now, window(admitted_[admitted_.size() - 2].at) * limit_.period);
  }
  bool from_a_wrong_clock(Ticks now) const override {
    return window(admitted_.back().at) * limit_.period > now + limit_.period;
  }
  void forget() override {
    while (admitted_.size() > 1 && window(admitted_.front().at) < window(admitted_.back().at))
      admitted_.pop_front();
  }
  std::int64_t used(Ticks now) const {
    std::int64_t sum = 0;
    for (const auto& each : admitted_)
      sum += window(each.at) == window(seen(now)) ? each.cost : 0;
    return sum;
  }
  Int128 free(Ticks now) const override { return limit_.limit - used(now); }
  Ticks free_at(Ticks now, std::int64_t) const override { return (window(seen(now)) + 1) * limit_.period; }
  bool anything_used(Ticks now) const override { return used(now) > 0; }
  Ticks unused_at(Ticks now) const override { return free_at(now, 0); }
};

class SlidingWindowLogModel final : public ReferenceModel {
 public:
  using ReferenceModel::ReferenceModel;

 private:
  Ticks seen(Ticks now) const { return admitted_.empty() ? now : std::max(now, admitted_.back().at); }
  void remember(Ticks now) override {
    if (admitted_.size() > 1) admitted_.back().at = std::max(now, admitted_[admitted_.size() - 2].at);
  }
  bool from_a_wrong_clock(Ticks now) const override { return admitted_.back().at > now + limit_.period; }
  void forget() override {
    while (admitted_.size() > 1 && admitted_.front().at + limit_.period <= admitted_.back().at)
      admitted_.pop_front();
  }
  std::int64_t used(Ticks at) const {
    std::int64_t sum = 0;
    for (const auto& each : admitted_)
      sum += each.at + limit_.period > at ? each.cost : 0;
    return sum;
  }
  Int128 free(Ticks now) const override { return limit_.limit - used(seen(now)); }
  Ticks free_at(Ticks now, std::int64_t wanted) const override {
    for (const auto& each : admitted_) {
      const Ticks at = each.at + limit_.period;
      if (at > seen(now) && limit_.limit - used(at) >= wanted) return at;
    }
    throw std::logic_error("never free");
  }
  bool anything_used(Ticks now) const override { return used(seen(now)) > 0; }
  Ticks unused_at(Ticks now) const override { return free_at(now, limit_.limit); }
};

class SlidingWindowCounterModel final : public ReferenceModel {
 public:
  using ReferenceModel::ReferenceModel;

 private:
  Ticks window(Ticks at) const { return at / limit_.period; }
  Ticks seen(Ticks now) const {
    return admitted_.empty() ? now : std::max(now, window(admitted_.back().at) * limit_.period);
  }
  void remember(Ticks now) override {
    if (admitted_.size() < 2) return;
    admitted_.back().at = std::max(now, window(admitted_[admitted_.size() - 2].at) * limit_.period);
  }
  bool from_a_wrong_clock(Ticks now) const override {
    return window(admitted_.back().at) * limit_.period > now + 2 * limit_.period;
  }
  void forget() override {
    while (admitted_.size() > 1 && window(admitted_.front().at) + 1 < window(admitted_.back().at))
      admitted_.pop_front();
  }
  std::int64_t in_window(Ticks number) const {
    std::int64_t sum = 0;
    for (const auto& each : admitted_)
      sum += window(each.at) == number ? each.cost : 0;
    return sum;
  }
  // The estimate times the period.
  Int128 estimate(Ticks at) const {
    const Int128 left = (window(at) + 1) * limit_.period - at;
    return Int128{in_window(window(at) - 1)} * left + Int128{in_window(window(at))} * limit_.period;
  }
  Int128 free_then(Ticks at) const {
    return std::max(Int128{0}, floor_of(Int128{limit_.limit} * limit_.period - estimate(at), limit_.period));
  }
  Int128 free(Ticks now) const override { return free_then(seen(now)); }
  // By bisection: without requests what is free only grows.
  Ticks free_at(Ticks now, std::int64_t wanted) const override {
    if (wanted > limit_.limit) return unused_at(now);
    Ticks refused = seen(now);
    Ticks enough = refused + 3 * limit_.period;
    while (enough - refused > 1) {
      const Ticks middle = refused + (enough - refused) / 2;
      (free_then(middle) >= wanted ? enough : refused) = middle;
    }
    return enough;
  }
  bool anything_used(Ticks now) const override {
    const Ticks number = window(seen(now));
    return in_window(number) + in_window(number - 1) > 0;
  }
  Ticks unused_at(Ticks now) const override {
    const Ticks number = window(seen(now));
    return (number + (in_window(number) > 0 ? 2 : 1)) * limit_.period;
  }
};

// Whether admissions stay below the curve burst + limit x t / period from each of them on. `time_stands_still`: while
// the clock is behind the latest admission; otherwise what was admitted seems to lie in the future.
class CurveModel final : public ReferenceModel {
 public:
  CurveModel(const Limit& limit, bool time_stands_still)
      : ReferenceModel(limit), time_stands_still_(time_stands_still) {}

 private:
  Ticks seen(Ticks now) const {
    return admitted_.empty() || !time_stands_still_ ? now : std::max(now, admitted_.back().at);
  }
  // When all of it had drained, nothing before can make a difference any more.
  void remember(Ticks now) override {
    const Admission latest = admitted_.back();
    admitted_.pop_back();
    const Ticks at = seen(now);
    if (!admitted_.empty() && level(now) == 0) admitted_.clear();
    admitted_.push_back({at, latest.cost});
  }
  Int128 capacity() const { return Int128{limit_.burst} * limit_.period; }
  Ticks horizon() const { return static_cast<Ticks>(ceil_of(capacity(), limit_.limit)); }
  bool from_a_wrong_clock(Ticks now) const override {
    if (time_stands_still_) return admitted_.back().at > now + horizon();
    return floor_of(level(now), limit_.limit) > 2 * horizon();
  }
  // Times the period: the most by which the admissions since any of them exceed what came in since.
  Int128 level(Ticks now) const {
    const Ticks at = seen(now);
    Int128 since = 0;
    Int128 highest = 0;
    for (auto each = admitted_.rbegin(); each != admitted_.rend(); ++each) {
      since += Int128{each->cost} * limit_.period;
      highest = std::max(highest, since - Int128{at - each->at} * limit_.limit);
    }
    return highest;
  }
  Int128 free(Ticks now) const override {
    return std::max(Int128{0}, floor_of(capacity() - level(now), limit_.period));
  }
  Ticks free_at(Ticks now, std::int64_t wanted) const override {
    const Int128 over = level(now) + Int128{wanted} * limit_.period - capacity();
    return seen(now) + static_cast<Ticks>(ceil_of(over, limit_.limit));
  }
  bool anything_used(Ticks now) const override { return level(now) > 0; }
  Ticks unused_at(Ticks now) const override { return free_at(now, limit_.burst); }

  const bool time_stands_still_;
};

inline std::unique_ptr<ReferenceModel> reference_model(const Limit& limit) {
  using rate_limiter::Algorithm;
  switch (limit.algorithm) {
    case Algorithm::fixed_window:
      return std::make_unique<FixedWindowModel>(limit);
    case Algorithm::sliding_window_log:
      return std::make_unique<SlidingWindowLogModel>(limit);
    case Algorithm::sliding_window_counter:
      return std::make_unique<SlidingWindowCounterModel>(limit);
    case Algorithm::gcra:
      return std::make_unique<CurveModel>(limit, false);
    default:
      return std::make_unique<CurveModel>(limit, true);
  }
}

}  // namespace testing
