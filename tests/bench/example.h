// An outcome made up by hand, for tests of what is made of it: five rounds of a baseline, of a row 1.5 times as
// dear, of one as dear, and a fourth that was skipped.

#pragma once

#include <string>
#include <vector>

#include "bench/core/summary.h"

namespace bench::testing {

inline Row row(const std::string& id) {
  Row made;
  made.id = id;
  return made;
}

inline RowOutcome outcome_of(const Row& made, const std::vector<double>& costs) {
  RowOutcome outcome;
  outcome.row = &made;
  for (const double cost : costs) {
    Sample sample;
    sample.values["cost"] = cost;
    outcome.samples.push_back(sample);
  }
  return outcome;
}

// Five rounds of three rows: a baseline, one 1.5 times as dear, and one as dear.
struct Example {
  Comparison comparison;
  Outcome outcome;

  Example(const Example&) = delete;  // the outcome points into the comparison
  explicit Example(Better better = Better::lower) {
    Metric metric;
    metric.id = "cost";
    metric.heading = "CPU us";
    metric.unit = "us per operation";
    metric.better = better;
    comparison.id = "system/name";
    comparison.question = "What does it cost?";
    comparison.metrics = {metric};
    comparison.rows = {row("base"), row("dear"), row("same"), row("absent")};
    comparison.subject = "dear";
    Aim aim;
    aim.row = "dear";
    aim.against = "base";
    aim.bound = 1.2;
    comparison.aims = {aim};
    outcome.comparison = &comparison;
    outcome.rows = {outcome_of(comparison.rows[0], {10, 10, 20, 10, 10}),
                    outcome_of(comparison.rows[1], {15, 15, 30, 15, 15}),
                    outcome_of(comparison.rows[2], {10, 9.9, 20.2, 10.1, 9.9}), outcome_of(comparison.rows[3], {})};
    outcome.rows[3].skipped = "needs redis: run with --services";
    outcome.foreign_cores = {0, 0, 0.1, 0, 0};
  }
};

}  // namespace bench::testing
