#include "bench/core/runner.h"

#include <algorithm>
#include <set>
#include <thread>

#include "bench/core/cpu_time.h"
#include "bench/core/environment.h"
#include "bench/core/foreign_load.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Round quick_round{.warm_up = milliseconds(20), .duration = milliseconds(50)};

// One row's turn-taking: its subject, and the samples so far.
class Contestant {
 public:
  Contestant(const Row& row, Environment& environment) : row_(row), environment_(environment) {
    for (const std::string& need : row.needs) {
      if (auto reason = environment.lacking(need)) {
        skipped_ = *reason;
        return;
      }
    }
  }

  bool active() const { return skipped_.empty() && failed_.empty(); }

  // Measures once; answers the foreign load meanwhile, in cores.
  double measure(const Round& round, ForeignLoad& foreign) {
    double cores = 0;
    guarded([&] {
      settle();
      if (row_.fresh) subject_.reset();
      if (!subject_) subject_ = row_.prepare(environment_);
      foreign.start(processes());
      samples_.push_back(subject_->measure(round));
      cores = foreign.stop(processes());
    });
    return cores;
  }

  void finish() {
    guarded([&] { settle(); });
    subject_.reset();
  }

  // Forgets the last sample, of a round that was not completed.
  void drop_after(std::size_t rounds) {
    if (samples_.size() > rounds) samples_.resize(rounds);
  }

  RowOutcome outcome() const {
    return {
        .row = &row_, .skipped = skipped_, .failed = failed_, .samples = active() ? samples_ : std::vector<Sample>{}};
  }

 private:
  std::vector<pid_t> processes() const {
    std::set<pid_t> all;
    for (const pid_t pid : subject_->processes()) {
      const auto tree = process_tree(pid);
      all.insert(tree.begin(), tree.end());
    }
    return {all.begin(), all.end()};
  }

  void settle() {
    if (subject_ && !samples_.empty()) subject_->settle(samples_.back());
  }

  template <class Action>
  void guarded(const Action& action) {
    if (!active()) return;
    try {
      action();
    } catch (const std::exception& error) {
      failed_ = error.what();
      subject_.reset();
    }
  }

  const Row& row_;
  Environment& environment_;
  std::unique_ptr<Subject> subject_;
  std::vector<Sample> samples_;
  std::string skipped_;
  std::string failed_;
};

bool selected(const Comparison& comparison, const Row& row, const std::vector<std::string>& ids) {
  const auto named = [&](const Row& other) { return std::find(ids.begin(), ids.end(), other.id) != ids.end(); };
  const auto in_group = [&](const Row& other) { return other.group == row.group; };
  if (ids.empty() || named(row)) return true;
  const auto& rows = comparison.rows;
  const bool baseline = &*std::find_if(rows.begin(), rows.end(), in_group) == &row;
  return baseline &&
         std::any_of(rows.begin(), rows.end(), [&](const Row& other) { return in_group(other) && named(other); });
}

std::string label(const Row& row) {
  return row.group.empty() ? row.id : row.id + " (" + row.group + ")";
}

// The whole seconds that the budget leaves, for people.
std::string left(Clock::duration budget_left) {
  return std::to_string(std::max<std::int64_t>(0, std::chrono::ceil<seconds>(budget_left).count())) + " s left";
}

}  // namespace

bool worked(const Outcome& outcome, bool may_skip) {
  return std::all_of(outcome.rows.begin(), outcome.rows.end(),
                     [&](const RowOutcome& row) { return row.failed.empty() && (may_skip || row.skipped.empty()); });
}

Outcome run(const Comparison& comparison, const std::vector<std::string>& row_ids, Environment& environment,
            Progress& progress, const RunOptions& options) {
  Outcome outcome{.comparison = &comparison,
                  .started_at = std::chrono::system_clock::now(),
                  .round = options.quick ? quick_round : comparison.round,
                  .quick = options.quick};
  std::vector<std::unique_ptr<Contestant>> contestants;
  std::vector<const Row*> rows;
  for (const Row& row : comparison.rows) {
    if (!selected(comparison, row, row_ids)) continue;
    rows.push_back(&row);
    contestants.push_back(std::make_unique<Contestant>(row, environment));
  }

  progress.begin(comparison.id);
  ForeignLoad foreign;
  const auto started = Clock::now();
  const auto stopped = [&] { return options.stop != nullptr && options.stop->load(); };
  Clock::duration last_round{};  // the first one also prepares, which may take longer than all the others
  const auto another_round = [&] {
    const std::size_t done = outcome.rounds();
    if (stopped() || done >= (options.quick ? 2 : options.rounds_max)) return false;
    if (done < options.rounds_min) return true;
    return Clock::now() - started + last_round <= comparison.budget;
  };
  while (another_round()) {
    const auto round_started = Clock::now();
    double worst = 0;
    for (std::size_t i = 0; i < contestants.size() && !stopped(); ++i) {
      const std::size_t turn = (i + outcome.rounds()) % contestants.size();
      progress.show(comparison.id + "  round " + std::to_string(outcome.rounds() + 1) + "  " + label(*rows[turn]) +
                    "  " + left(comparison.budget - (Clock::now() - started)));
      worst = std::max(worst, contestants[turn]->measure(outcome.round, foreign));
    }
    if (!stopped()) outcome.foreign_cores.push_back(worst);
    last_round = Clock::now() - round_started;
  }
  outcome.interrupted = stopped();

  if (!options.quick && !stopped()) std::this_thread::sleep_for(comparison.settle);
  for (auto& contestant : contestants) {
    contestant->finish();
    contestant->drop_after(outcome.rounds());
    outcome.rows.push_back(contestant->outcome());
  }
  outcome.elapsed = Clock::now() - started;
  progress.clear();
  return outcome;
}

}  // namespace bench
