#include "bench/core/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace bench {
namespace {

// Which rounds count: the calm ones, if they are enough; else all.
std::vector<std::size_t> rounds_to_use(const Outcome& outcome) {
  std::vector<std::size_t> all;
  std::vector<std::size_t> calm;
  for (std::size_t i = 0; i < outcome.rounds(); ++i) {
    all.push_back(i);
    if (outcome.foreign_cores[i] <= foreign_cores_max) calm.push_back(i);
  }
  return calm.size() >= calm_rounds_min ? calm : all;
}

std::vector<double> values_of(const RowOutcome& row, const std::string& metric,
                              const std::vector<std::size_t>& rounds) {
  std::vector<double> values;
  for (const std::size_t i : rounds) {
    if (i >= row.samples.size()) continue;
    const auto found = row.samples[i].values.find(metric);
    if (found != row.samples[i].values.end()) values.push_back(found->second);
  }
  return values;
}

const RowOutcome* measured(const Outcome& outcome, const std::string& group, const std::string& id) {
  for (const RowOutcome& row : outcome.rows) {
    if (row.row->group == group && row.row->id == id && !row.samples.empty()) return &row;
  }
  return nullptr;
}

std::optional<Spread> cost_of(const Summary& summary, const Aim& aim) {
  const auto& cost = summary.outcome->comparison->cost().id;
  for (const RowSummary& row : summary.rows) {
    if (row.outcome->row->group != aim.group || row.outcome->row->id != aim.row) continue;
    if (const auto found = row.values.find(cost); found != row.values.end()) return found->second;
  }
  return std::nullopt;
}

const std::string& baseline_of(const Outcome& outcome, const std::string& group) {
  const auto first = std::find_if(outcome.rows.begin(), outcome.rows.end(),
                                  [&](const RowOutcome& row) { return row.row->group == group; });
  return first->row->id;
}

// The row that the sentence is about: the comparison's own subject, or the last row measured
// without it.
std::string subject_of(const Summary& summary) {
  std::string last;
  for (const RowSummary& row : summary.rows) {
    if (row.values.empty()) continue;
    last = row.outcome->row->id;
    if (last == summary.outcome->comparison->subject) return last;
  }
  return last;
}

std::vector<std::string> warnings_of(const Summary& summary) {
  const Outcome& outcome = *summary.outcome;
  std::vector<std::string> warnings;
  if (outcome.quick) return {"smoke run, do not quote"};
  if (outcome.interrupted) warnings.push_back("interrupted, do not quote");
  if (summary.rounds_used < calm_rounds_min) {
    warnings.push_back("only " + std::to_string(summary.rounds_used) + " rounds, do not quote");
  }
  if (summary.foreign_cores > foreign_cores_max) {
    warnings.push_back("other programs kept " + number(summary.foreign_cores, 2) +
                       " cores busy meanwhile, do not quote");
  }
#ifndef NDEBUG
  warnings.push_back("not an optimised build, do not quote");
#endif
  return warnings;
}

}  // namespace

std::string number(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string digits = text.data();
  const auto end = std::min(digits.find('.'), digits.size());
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = end; at > first + 3;)
    digits.insert(at -= 3, ",");
  return digits;
}

std::optional<Ratio> ratio_of(const Summary& summary, const std::string& group, const std::string& row,
                              const std::string& against) {
  const RowOutcome* above = measured(*summary.outcome, group, row);
  const RowOutcome* below = measured(*summary.outcome, group, against);
  if (above == nullptr || below == nullptr) return std::nullopt;
  const std::string& cost = summary.outcome->comparison->cost().id;
  const auto rounds = rounds_to_use(*summary.outcome);
  return paired_ratio(values_of(*above, cost, rounds), values_of(*below, cost, rounds));
}

Summary summarise(const Outcome& outcome) {
  const Comparison& comparison = *outcome.comparison;
  const auto rounds = rounds_to_use(outcome);
  Summary summary{.outcome = &outcome, .rounds_used = rounds.size()};
  std::vector<double> foreign;
  for (const std::size_t i : rounds)
    foreign.push_back(outcome.foreign_cores[i]);
  summary.foreign_cores = spread_of(std::move(foreign)).median;

  for (const RowOutcome& row : outcome.rows) {
    RowSummary line{.outcome = &row, .baseline = baseline_of(outcome, row.row->group)};
    for (const Metric& metric : comparison.metrics) {
      auto values = values_of(row, metric.id, rounds);
      if (!values.empty()) line.values[metric.id] = spread_of(std::move(values));
    }
    if (row.row->id != line.baseline) {
      line.ratio = ratio_of(summary, row.row->group, row.row->id, line.baseline);
    }
    summary.rows.push_back(std::move(line));
  }
  for (const Aim& aim : comparison.aims) {
    AimSummary line{.aim = &aim};
    if (aim.against.empty()) {
      line.cost = cost_of(summary, aim);
    } else {
      line.ratio = ratio_of(summary, aim.group, aim.row, aim.against);
    }
    if (const Spread* const judged = line.judged()) {
      line.met = comparison.cost().better == Better::lower ? judged->median <= aim.bound : judged->median >= aim.bound;
    }
    summary.aims.push_back(line);
  }
  summary.warnings = warnings_of(summary);
  return summary;
}

std::string sentence(const Summary& summary, const std::string& machine) {
  const Comparison& comparison = *summary.outcome->comparison;
  const std::string subject = subject_of(summary);
  std::string text;
  for (const RowSummary& row : summary.rows) {
    const auto cost = row.values.find(comparison.cost().id);
    if (row.outcome->row->id != subject || cost == row.values.end()) continue;
    const std::string& group = row.outcome->row->group;
    text += text.empty() ? "On " + machine + ", " : "; ";
    if (!group.empty()) text += group + ": ";
    text += subject + " " + number(cost->second.median, comparison.cost().decimals) + " " + comparison.cost().unit;
    std::string separator = ", ";
    for (const RowSummary& other : summary.rows) {
      if (other.outcome->row->group != group || other.outcome == row.outcome) continue;
      const auto other_cost = other.values.find(comparison.cost().id);
      if (other_cost == other.values.end()) continue;
      const std::string& id = other.outcome->row->id;
      const auto ratio = ratio_of(summary, group, subject, id);
      if (!ratio) {
        text += separator + id + " " + number(other_cost->second.median, comparison.cost().decimals);
        continue;
      }
      text += separator + number(ratio->spread.median, 2) + "x " + id + " (" + number(ratio->spread.low, 2) + ".." +
              number(ratio->spread.high, 2) + (ratio->tie ? ", a tie)" : ")");
    }
  }
  if (text.empty()) return text;
  return text + "; medians of " + std::to_string(summary.rounds_used) + " interleaved rounds.";
}

}  // namespace bench
