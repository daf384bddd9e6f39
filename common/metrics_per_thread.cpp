#include "common/metrics_per_thread.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace common {
namespace {

std::vector<prometheus::ClientMetric::Label> as_labels(const Labels& labels) {
  std::vector<prometheus::ClientMetric::Label> list;
  for (const auto& [name, value] : labels)
    list.push_back({name, value});
  return list;
}

}  // namespace

PerThreadCounter::PerThreadCounter(std::string name, std::string help, std::size_t series, LabelsOf labels_of)
    : name_(std::move(name)), help_(std::move(help)), labels_of_(std::move(labels_of)), cells_(series) {}

std::uint64_t PerThreadCounter::value(std::size_t series) const {
  std::uint64_t sum = 0;
  cells_.each(series, [&](const Cell& cell) { sum += cell.value.load(std::memory_order_relaxed); });
  return sum;
}

std::vector<prometheus::MetricFamily> PerThreadCounter::Collect() const {
  prometheus::MetricFamily family{name_, help_, prometheus::MetricType::Counter, {}};
  std::vector<std::uint64_t> sums(cells_.cells());
  cells_.each_cell(
      [&](std::size_t series, const Cell& cell) { sums[series] += cell.value.load(std::memory_order_relaxed); });
  for (std::size_t series = 0; series < sums.size(); ++series) {
    prometheus::ClientMetric metric;
    metric.label = as_labels(labels_of_(series));
    metric.counter.value = static_cast<double>(sums[series]);
    family.metric.push_back(std::move(metric));
  }
  return {std::move(family)};
}

PerThreadHistogram::PerThreadHistogram(std::string name, std::string help, Buckets buckets, std::size_t series,
                                       LabelsOf labels_of)
    : name_(std::move(name)),
      help_(std::move(help)),
      buckets_(std::move(buckets)),
      labels_of_(std::move(labels_of)),
      cells_(series) {
  const auto& bounds = buckets_.bounds;
  if (bounds.size() > bounds_max) throw std::invalid_argument(name_ + ": too many bounds");
  if (std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) != bounds.end()) {
    throw std::invalid_argument(name_ + ": bounds are not ascending");
  }
}

void PerThreadHistogram::observe(std::size_t series, std::uint64_t value) {
  const auto& bounds = buckets_.bounds;
  const auto bucket = static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
  Cell& cell = cells_.local(series);
  add_single_writer(cell.buckets[bucket], 1);
  add_single_writer(cell.sum, value);
}

void PerThreadHistogram::add(Snapshot& total, const Cell& cell) const {
  total.buckets.resize(buckets_.bounds.size() + 1);
  total.sum += cell.sum.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < total.buckets.size(); ++i) {
    const std::uint64_t count = cell.buckets[i].load(std::memory_order_relaxed);
    total.buckets[i] += count;
    total.count += count;
  }
}

PerThreadHistogram::Snapshot PerThreadHistogram::snapshot(std::size_t series) const {
  Snapshot total;
  total.buckets.resize(buckets_.bounds.size() + 1);
  cells_.each(series, [&](const Cell& cell) { add(total, cell); });
  return total;
}

std::vector<prometheus::MetricFamily> PerThreadHistogram::Collect() const {
  prometheus::MetricFamily family{name_, help_, prometheus::MetricType::Histogram, {}};
  std::map<std::size_t, Snapshot> totals;  // few of the series were ever observed
  cells_.each_cell([&](std::size_t series, const Cell& cell) { add(totals[series], cell); });
  for (const auto& [series, total] : totals) {
    if (total.count == 0) continue;
    prometheus::ClientMetric metric;
    metric.label = as_labels(labels_of_(series));
    metric.histogram.sample_count = total.count;
    metric.histogram.sample_sum = static_cast<double>(total.sum) * buckets_.scale;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < total.buckets.size(); ++i) {
      const double bound = i < buckets_.bounds.size() ? static_cast<double>(buckets_.bounds[i]) * buckets_.scale
                                                      : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({cumulative += total.buckets[i], bound});
    }
    family.metric.push_back(std::move(metric));
  }
  return {std::move(family)};
}

PerThreadHistogram::Buckets latency_buckets() {
  constexpr std::uint64_t us = 1'000;
  constexpr std::uint64_t ms = 1'000 * us;
  return {{100 * us, 250 * us, 500 * us, 1 * ms, 2500 * us, 5 * ms, 10 * ms, 25 * ms, 50 * ms, 75 * ms, 100 * ms,
           250 * ms, 500 * ms, 750 * ms, 1000 * ms, 2500 * ms, 5000 * ms, 7500 * ms, 10'000 * ms},
          1e-9};
}

}  // namespace common
