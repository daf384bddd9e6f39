// The arithmetic of a comparison: medians, the spread of a median, paired ratios, ties. Pure.
//
// The spread is the interval between two of the rounds themselves that holds the true median with
// at least 95 % confidence, whatever the distribution (the sign test's interval: Le Boudec,
// Performance Evaluation of Computer and Communication Systems, 2010, section 2.2). Up to 8 rounds
// that is their whole range, least to greatest; with 9 one round at each end may be left out, with
// 12 two, and so on. So one disturbed round cannot hide a difference, and two identical systems are
// told apart in fewer than 5 % of runs. (Quartiles would tell them apart in a quarter of runs.)
// Below 6 rounds even the whole range is less sure than that.

#pragma once

#include <optional>
#include <span>
#include <vector>

namespace bench {

struct Spread {
  double median = 0;
  double low = 0;
  double high = 0;
};

// Median and its spread. All zero when there are no values.
Spread spread_of(std::vector<double> values);

struct Ratio {
  Spread spread;
  bool tie = false;  // the spread covers 1.00, as printed with two decimals
};

// The spread of values[i] / baseline[i]: same-round ratios, so that what slowed a whole round
// cancels out. Both have the same length. Rounds whose baseline is 0 are left out; when all are, there is no ratio.
std::optional<Ratio> paired_ratio(std::span<const double> values, std::span<const double> baseline);

}  // namespace bench
