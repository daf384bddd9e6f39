// Runs a comparison: the rows take turns (A B C, B C A, C A B, …) until the time is up.
//
// Interleaving is what makes ratios trustworthy on a machine that is never quite quiet: whatever
// slows one round slows all its rows. The order rotates, so that no row always follows the same
// one; each measurement begins with an uncounted warm-up; a row that needs something missing is
// skipped, and one that fails is left out of the whole comparison, both with the reason.

#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "bench/core/comparison.h"
#include "bench/core/progress.h"

namespace bench {

struct RowOutcome {
  const Row* row = nullptr;
  std::string skipped;          // why it was not run; empty if it was
  std::string failed;           // what went wrong; empty if nothing did
  std::vector<Sample> samples;  // one a round; empty if skipped or failed
};

// What happened, before any arithmetic.
struct Outcome {
  const Comparison* comparison = nullptr;
  std::vector<RowOutcome> rows;
  std::vector<double> foreign_cores;  // a round: the worst of its measurements
  std::chrono::system_clock::time_point started_at;
  std::chrono::nanoseconds elapsed{};
  Round round;
  bool quick = false;
  bool interrupted = false;

  std::size_t rounds() const { return foreign_cores.size(); }
};

// The rounds of a run. quick: two of 50 ms, to see that everything works.
struct RunOptions {
  bool quick = false;
  std::size_t rounds_min = 3;
  std::size_t rounds_max = 60;
  const std::atomic<bool>* stop = nullptr;  // set by Ctrl-C: ends after the current measurement
};

// Whether no row failed and, unless it may, none was skipped.
bool worked(const Outcome& outcome, bool may_skip);

// `row_ids` restricts the rows, and the groups to those that have one; their baselines stay. Empty: all.
Outcome run(const Comparison& comparison, const std::vector<std::string>& row_ids, Environment& environment,
            Progress& progress, const RunOptions& options);

}  // namespace bench
