#include "bench/core/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {
namespace {

constexpr unsigned bits = Histogram::precision_bits;
constexpr std::size_t per_octave = std::size_t{1} << bits;
constexpr std::size_t bucket_count = (64 - bits + 1) << bits;

// How far a value is shifted right to leave bits + 1 significant ones.
unsigned shift_of(std::uint64_t value) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  return width > bits + 1 ? width - (bits + 1) : 0;
}

}  // namespace

Histogram::Histogram() : counts_(bucket_count) {}

std::size_t Histogram::bucket_of(std::uint64_t value) noexcept {
  const unsigned shift = shift_of(value);
  return (static_cast<std::size_t>(shift) << bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::lowest_in(std::size_t bucket) noexcept {
  if (bucket < 2 * per_octave) return bucket;
  const std::size_t shift = (bucket >> bits) - 1;
  return static_cast<std::uint64_t>(bucket - (shift << bits)) << shift;
}

std::uint64_t Histogram::highest_in(std::size_t bucket) noexcept {
  return bucket + 1 == bucket_count ? UINT64_MAX : lowest_in(bucket + 1) - 1;
}

void Histogram::record(std::uint64_t value) noexcept {
  ++counts_[bucket_of(value)];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::mean() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const noexcept {
  if (count_ == 0) return 0;
  const double exact = std::clamp(percent, 0.0, 100.0) / 100.0 * static_cast<double>(count_);
  // 99.9 % of 1000 is 999, not 1000, although 0.999 is not quite 0.999 in binary.
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(exact - 1e-6)), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(highest_in(i), min_, max_);
  }
  return max_;
}

}  // namespace bench
