// Time as an argument. Deciding code takes `now`; whoever must find out what time it is holds a Clock.
//
// Wall time (TimePoint) is for what people and databases see: createdAt, expiry, days. It can jump.
// Monotonic time (Instant) is for what is measured: deadlines, durations, back-off. It cannot.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace common {

using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;
  virtual Instant monotonic() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  Instant monotonic() const noexcept override { return std::chrono::steady_clock::now(); }
};

// Stands still until told to move, so that a test of a day takes no day.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = TimePoint{std::chrono::seconds{1'750'000'000}}) : start_(start) {}

  TimePoint now() const noexcept override { return start_ + std::chrono::microseconds{elapsed_us_.load()}; }
  Instant monotonic() const noexcept override { return Instant{} + std::chrono::microseconds{elapsed_us_.load()}; }
  void advance(std::chrono::microseconds by) noexcept { elapsed_us_ += by.count(); }

 private:
  TimePoint start_;
  std::atomic<std::int64_t> elapsed_us_{0};
};

}  // namespace common
