// From what happened to what can be said: medians, ratios, aims, and whether to trust them. Pure.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/core/runner.h"
#include "bench/core/statistics.h"

namespace bench {

// A round during which others used more than this many cores is left out, if enough rounds remain.
inline constexpr double foreign_cores_max = 0.15;
inline constexpr std::size_t calm_rounds_min = 5;

struct RowSummary {
  const RowOutcome* outcome = nullptr;
  std::string baseline;                  // id of its group's first row
  std::map<std::string, Spread> values;  // by metric id
  std::optional<Ratio> ratio;            // of the cost, to the baseline; none for the baseline itself, or to zero
};

struct AimSummary {
  const Aim* aim = nullptr;
  std::optional<Ratio> ratio;  // none when a row of it was not measured, or `against` cost nothing
  std::optional<Spread> cost;  // instead of it, without `against`
  bool met = false;            // judged by the median

  const Spread* judged() const { return ratio ? &ratio->spread : cost ? &*cost : nullptr; }
};

struct Summary {
  const Outcome* outcome = nullptr;
  std::vector<RowSummary> rows;
  std::vector<AimSummary> aims;
  std::size_t rounds_used = 0;
  double foreign_cores = 0;           // median over the rounds used
  std::vector<std::string> warnings;  // why not to quote it
};

Summary summarise(const Outcome& outcome);

// The paired ratio of the costs of two rows of `group`, over the rounds used; none when one of them was not
// measured, or `against` was 0 in every round: nothing is a multiple of nothing.
std::optional<Ratio> ratio_of(const Summary& summary, const std::string& group, const std::string& row,
                              const std::string& against);

// One sentence fit to quote; empty when the subject was not measured. Where there is no ratio to a row, it gives
// the row's own cost.
std::string sentence(const Summary& summary, const std::string& machine);

std::string number(double value, int decimals);

}  // namespace bench
