#include "bench/load/pacer.h"

#include <cmath>

namespace bench::load {

using common::Duration;
using common::Instant;

Pacer Pacer::closed_loop(Instant start, Duration duration) {
  Pacer pacer;
  pacer.start_ = start;
  pacer.end_ = start + duration;
  return pacer;
}

Pacer Pacer::open_loop(Instant start, Duration duration, double rate, double phase) {
  Pacer pacer = closed_loop(start, duration);
  pacer.rate_ = rate;
  pacer.phase_ = phase;
  const double seconds = std::chrono::duration<double>(duration).count();
  pacer.total_ = static_cast<std::uint64_t>(std::llround(rate * seconds));
  return pacer;
}

Instant Pacer::intended(std::uint64_t k) const noexcept {
  const double nanoseconds = (static_cast<double>(k) + phase_) * 1e9 / rate_;
  return start_ + Duration(static_cast<std::int64_t>(nanoseconds));
}

bool Pacer::due(Instant now) const noexcept {
  return open() ? taken_ < total_ && intended(taken_) <= now : now < end_;
}

Instant Pacer::take(Instant now) noexcept {
  return open() ? intended(taken_++) : now;
}

Instant Pacer::next() const noexcept {
  if (!open()) return start_;
  return taken_ < total_ ? intended(taken_) : Instant::max();
}

bool Pacer::finished(Instant now) const noexcept {
  return open() ? taken_ == total_ : now >= end_;
}

}  // namespace bench::load
