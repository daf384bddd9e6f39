// Which keys are asked for: the generators of the eviction tests and benchmarks.
//
//   YcsbZipf   YCSB's approximation of a Zipf distribution (Gray et al., "Quickly Generating Billion-Record Synthetic
//              Databases", SIGMOD 1994), which published hit ratios use. Object 0 is the most popular.
//   ExactZipf  the distribution itself, by its cumulative sums: what theory speaks of.
//
// che_lru() predicts the hit ratio of LRU under independent requests (Che, Tung and Wang, "Hierarchical Web Caching
// Systems", 2002); best_static() that of a cache which always holds the most popular.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/random.h"

namespace bench::cache_aside_bench {

class YcsbZipf {
 public:
  YcsbZipf(std::uint64_t objects, double theta)
      : objects_(static_cast<double>(objects)), theta_(theta), zeta_(zeta(objects, theta)) {
    alpha_ = 1.0 / (1.0 - theta);
    eta_ = (1.0 - std::pow(2.0 / objects_, 1.0 - theta)) / (1.0 - zeta(2, theta) / zeta_);
  }

  std::uint64_t next(common::Random& random) const {
    const double u = random.unit();
    const double uz = u * zeta_;
    if (uz < 1.0) return 0;
    if (uz < 1.0 + std::pow(0.5, theta_)) return 1;
    return static_cast<std::uint64_t>(objects_ * std::pow(eta_ * u - eta_ + 1.0, alpha_));
  }

 private:
  static double zeta(std::uint64_t n, double theta) {
    double sum = 0;
    for (std::uint64_t i = 1; i <= n; ++i)
      sum += 1.0 / std::pow(static_cast<double>(i), theta);
    return sum;
  }
  double objects_;
  double theta_;
  double zeta_;
  double alpha_;
  double eta_;
};

inline std::vector<double> zipf_shares(std::uint64_t objects, double theta) {
  std::vector<double> shares(objects);
  double sum = 0;
  for (std::uint64_t i = 0; i < objects; ++i)
    sum += shares[i] = 1.0 / std::pow(static_cast<double>(i + 1), theta);
  for (double& share : shares)
    share /= sum;
  return shares;
}

class ExactZipf {
 public:
  ExactZipf(std::uint64_t objects, double theta) : sums_(zipf_shares(objects, theta)) {
    for (std::size_t i = 1; i < sums_.size(); ++i)
      sums_[i] += sums_[i - 1];
  }
  std::uint64_t next(common::Random& random) const {
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), random.unit());
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(found - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

// The characteristic time t solves: sum over objects of 1 - exp(-share t) = entries.
inline double che_lru(const std::vector<double>& shares, double entries) {
  const auto held = [&](double t) {
    double sum = 0;
    for (const double share : shares)
      sum += 1.0 - std::exp(-share * t);
    return sum;
  };
  double low = 0;
  double high = 1;
  while (held(high) < entries)
    high *= 2;
  for (int i = 0; i < 60; ++i)
    (held((low + high) / 2) < entries ? low : high) = (low + high) / 2;
  double hits = 0;
  for (const double share : shares)
    hits += share * (1.0 - std::exp(-share * high));
  return hits;
}

inline double best_static(const std::vector<double>& shares, std::size_t entries) {
  double hits = 0;
  for (std::size_t i = 0; i < entries; ++i)
    hits += shares[i];
  return hits;
}

}  // namespace bench::cache_aside_bench
