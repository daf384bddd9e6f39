// Counts of values in log-linear buckets, so that a million latencies fit in fixed memory and any
// percentile can be asked afterwards. The idea is Gil Tene's HdrHistogram (hdrhistogram.org).
//
// Values below 512 have a bucket each. Above, every power of two is cut into 256 equal buckets, so
// a bucket is never wider than 1/256 of the values in it. The guarantee: a percentile is never less
// than the exact one, and at most 0.4 % more. Minimum, maximum, mean and count are exact.
//
// No value is out of range, nothing allocates after the constructor. One thread at a time; threads
// keep one each and merge.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

class Histogram {
 public:
  static constexpr unsigned precision_bits = 8;

  Histogram();

  void record(std::uint64_t value) noexcept;
  void merge(const Histogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const noexcept { return max_; }
  double mean() const noexcept;

  // The value that at least `percent` of all values do not exceed (nearest rank): 50 is the median,
  // 100 the maximum. 0 when nothing was recorded. `percent` outside [0, 100] is taken as the nearer
  // end.
  std::uint64_t percentile(double percent) const noexcept;

  // The bucket of a value, and the least and greatest value that share a bucket: exposed so that
  // the error bound can be tested.
  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t lowest_in(std::size_t bucket) noexcept;
  static std::uint64_t highest_in(std::size_t bucket) noexcept;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace bench
