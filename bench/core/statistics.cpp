#include "bench/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace bench {
namespace {

// How many values at each end may be left out of n sorted ones so that what remains still covers
// the median with 95 % confidence: the greatest k with 2 P(Binomial(n, 1/2) < k + 1) <= 5 %, at
// least 0.
std::size_t outside(std::size_t n) {
  double term = std::exp2(-static_cast<double>(n));  // P(X = 0)
  double tail = term;                                // P(X <= i)
  std::size_t left_out = 0;
  for (std::size_t i = 1; i < n; ++i) {
    term *= static_cast<double>(n - i + 1) / static_cast<double>(i);
    tail += term;
    if (2 * tail > 0.05) break;
    left_out = i;
  }
  return left_out;
}

double round_to_hundredths(double value) {
  return std::round(value * 100) / 100;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  const std::size_t left_out = outside(n);
  return {
      .median = (values[(n - 1) / 2] + values[n / 2]) / 2, .low = values[left_out], .high = values[n - 1 - left_out]};
}

std::optional<Ratio> paired_ratio(std::span<const double> values, std::span<const double> baseline) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(values.size(), baseline.size()); ++i) {
    if (baseline[i] != 0) ratios.push_back(values[i] / baseline[i]);
  }
  if (ratios.empty()) return std::nullopt;
  Ratio ratio{.spread = spread_of(std::move(ratios))};
  ratio.tie = round_to_hundredths(ratio.spread.low) <= 1 && round_to_hundredths(ratio.spread.high) >= 1;
  return ratio;
}

}  // namespace bench
