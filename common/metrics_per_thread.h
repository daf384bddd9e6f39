// Counters and histograms for hot paths: an observation is a few plain stores to the calling
// thread's own cache lines (per_thread.h), whatever the other threads do. The sum is made when
// somebody scrapes.
//
// The label sets are fixed when the metric is made: a series is a number below `series`, and
// `labels_of` names it at scrape time. So no string is touched on the hot path, and no client can
// make up new series. Thread-safe. A scrape during observations may see one of them half (the
// bucket, not yet the sum); the next scrape sees it whole. A scrape takes one lock a metric, and
// costs a look at each series and work for those that were observed.

#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/per_thread.h"

namespace common {

using Labels = std::map<std::string, std::string>;
using LabelsOf = std::function<Labels(std::size_t series)>;

// Counts up. All series are shown, from 0.
class PerThreadCounter final : public prometheus::Collectable {
 public:
  PerThreadCounter(std::string name, std::string help, std::size_t series, LabelsOf labels_of);

  // series < the number given above.
  void add(std::size_t series = 0, std::uint64_t by = 1) { add_single_writer(cells_.local(series).value, by); }
  std::uint64_t value(std::size_t series = 0) const;
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::string name_;
  std::string help_;
  LabelsOf labels_of_;
  PerThread<Cell> cells_;
};

// Counts whole numbers, such as nanoseconds or bytes, in ranges. Series never observed are not
// shown, so `series` may be the product of many labels.
class PerThreadHistogram final : public prometheus::Collectable {
 public:
  static constexpr std::size_t bounds_max = 22;

  struct Buckets {
    std::vector<std::uint64_t> bounds;  // ascending, inclusive; at most bounds_max; +Inf is added
    double scale = 1.0;                 // what is shown is value * scale: 1e-9 shows nanoseconds in seconds
  };

  // Throws std::invalid_argument for bounds out of order or too many.
  PerThreadHistogram(std::string name, std::string help, Buckets buckets, std::size_t series, LabelsOf labels_of);

  // series < the number given above.
  void observe(std::size_t series, std::uint64_t value);

  struct Snapshot {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;               // unscaled
    std::vector<std::uint64_t> buckets;  // not cumulative; the last is above all bounds
  };
  Snapshot snapshot(std::size_t series) const;
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> sum{0};
    std::array<std::atomic<std::uint64_t>, bounds_max + 1> buckets{};
  };
  void add(Snapshot& total, const Cell& cell) const;

  std::string name_;
  std::string help_;
  Buckets buckets_;
  LabelsOf labels_of_;
  PerThread<Cell> cells_;
};

// Bounds in nanoseconds from 100 us to 10 s, to be shown in seconds: those that OpenTelemetry's
// semantic conventions advise for http.server.request.duration (5 ms to 10 s), and five finer ones
// below.
PerThreadHistogram::Buckets latency_buckets();

}  // namespace common
