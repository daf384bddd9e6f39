// What the rows of `engines` have in common: coroutines of ours, or a program that measures an engine by itself.

#pragma once

#include <algorithm>
#include <stdexcept>

#include "bench/core/comparison.h"
#include "bench/url_shortener/open_store.h"

namespace bench::url_shortener_bench {

inline constexpr unsigned engine_coroutines = 64;

// The rows on PostgreSQL and Redis, with their aims.
void add_postgres_rows(Comparison& comparison);
void add_redis_rows(Comparison& comparison);

inline Sample sample_of(double per_second) {
  Sample sample;
  sample.values["per_second"] = per_second;
  return sample;
}

// Coroutines in this process.
class Coroutines : public Subject {
 public:
  Sample measure(const Round& round) final {
    tally(round.warm_up);
    const Tally counted = tally(round.duration);
    if (counted.steps == 0) throw std::runtime_error("nothing was answered in time");
    return sample_of(counted.per_second());
  }

 private:
  virtual Tally tally(std::chrono::nanoseconds duration) = 0;
};

// A program that is told how many operations to do, and says how many it did in a second.
class Program : public Subject {
 public:
  // A first run is short, and says how long the second one must be.
  Sample measure(const Round& round) final {
    if (per_second_ == 0) per_second_ = run(first_operations(), {}).per_second;
    const Outcome short_one = run(operations_in(round.warm_up), {});
    const Outcome long_one = run(operations_in(round.duration), short_one);
    per_second_ = long_one.per_second;
    return sample_of(per_second_);
  }

 protected:
  struct Outcome {
    double operations = 0;
    double seconds = 0;
    double per_second = 0;
  };
  virtual std::uint64_t first_operations() const = 0;
  // `before`: the short run, for those whose start is to be taken off.
  virtual Outcome run(std::uint64_t operations, const Outcome& before) = 0;

 private:
  std::uint64_t operations_in(std::chrono::nanoseconds duration) const {
    const double wanted = per_second_ * std::chrono::duration<double>(duration).count();
    return std::max(first_operations(), static_cast<std::uint64_t>(wanted));
  }

  double per_second_ = 0;
};

}  // namespace bench::url_shortener_bench
