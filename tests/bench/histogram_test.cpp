#include "bench/core/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/random.h"
#include "tests/support/catch.h"

using bench::Histogram;

TEST_CASE("every value lies in its bucket, and no bucket is wider than 1/256 of its values") {
  common::SeededRandom random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t value = random.next() >> random.below(64);
    const std::size_t bucket = Histogram::bucket_of(value);
    const std::uint64_t low = Histogram::lowest_in(bucket);
    const std::uint64_t high = Histogram::highest_in(bucket);
    REQUIRE(low <= value);
    REQUIRE(value <= high);
    REQUIRE(high - low <= low / 256);
  }
}

TEST_CASE("buckets follow each other without gap or overlap, up to the greatest value") {
  const std::size_t last = Histogram::bucket_of(UINT64_MAX);
  REQUIRE(Histogram::lowest_in(0) == 0);
  for (std::size_t i = 0; i < last; ++i) {
    REQUIRE(Histogram::highest_in(i) + 1 == Histogram::lowest_in(i + 1));
    REQUIRE(Histogram::bucket_of(Histogram::lowest_in(i)) == i);
    REQUIRE(Histogram::bucket_of(Histogram::highest_in(i)) == i);
  }
  REQUIRE(Histogram::highest_in(last) == UINT64_MAX);
}

TEST_CASE("values below 512 are kept exactly") {
  for (std::uint64_t value = 0; value < 512; ++value) {
    REQUIRE(Histogram::lowest_in(Histogram::bucket_of(value)) == value);
    REQUIRE(Histogram::highest_in(Histogram::bucket_of(value)) == value);
  }
}

TEST_CASE("a percentile is never less than the exact one, and at most 0.4 % more") {
  common::SeededRandom random(2);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    // Latencies as they are: most near 100 us, a long tail up to seconds.
    const auto value = static_cast<std::uint64_t>(1e5 / std::pow(1 - random.unit(), 1.3));
    values.push_back(value);
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size()) - 1e-6)));
    const std::uint64_t exact = values[rank - 1];
    const std::uint64_t reported = histogram.percentile(percent);
    INFO("percentile " << percent);
    REQUIRE(reported >= exact);
    REQUIRE(static_cast<double>(reported) <= static_cast<double>(exact) * 1.004);
  }
}

TEST_CASE("minimum, maximum, mean and count are exact") {
  Histogram histogram;
  for (const std::uint64_t value : {1'000'003u, 7u, 999'999'937u})
    histogram.record(value);
  REQUIRE(histogram.min() == 7);
  REQUIRE(histogram.max() == 999'999'937);
  REQUIRE(histogram.count() == 3);
  REQUIRE(histogram.mean() == testing::Approx((1'000'003.0 + 7 + 999'999'937) / 3));
  REQUIRE(histogram.percentile(100) == 999'999'937);
  REQUIRE(histogram.percentile(0) == 7);
}

TEST_CASE("99.9 percent of a thousand values is the 999th, not the 1000th") {
  Histogram histogram;
  for (int i = 0; i < 999; ++i)
    histogram.record(500);
  histogram.record(100'000);
  REQUIRE(histogram.percentile(99.9) == 500);
  REQUIRE(histogram.percentile(99.91) == 100'000);
}

TEST_CASE("an empty histogram answers zeros") {
  const Histogram histogram;
  REQUIRE(histogram.percentile(50) == 0);
  REQUIRE(histogram.min() == 0);
  REQUIRE(histogram.max() == 0);
  REQUIRE(histogram.mean() == 0);
}

TEST_CASE("merging gives what recording everything in one would have given") {
  common::SeededRandom random(3);
  Histogram one;
  Histogram other;
  Histogram all;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = random.below(1'000'000'000);
    (i % 3 == 0 ? one : other).record(value);
    all.record(value);
  }
  one.merge(other);
  REQUIRE(one.count() == all.count());
  REQUIRE(one.min() == all.min());
  REQUIRE(one.max() == all.max());
  for (const double percent : {1.0, 50.0, 99.0, 99.9}) {
    REQUIRE(one.percentile(percent) == all.percentile(percent));
  }
}
