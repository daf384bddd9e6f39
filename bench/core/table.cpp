#include "bench/core/table.h"

#include <algorithm>
#include <sstream>

namespace bench {
namespace {

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string spread_text(const Spread& spread) {
  return number(spread.low, 2) + ".." + number(spread.high, 2);
}

// What stands where a row has no ratio: the baseline is itself, unless it cost nothing.
std::string without_ratio(const RowSummary& row, const Comparison& comparison) {
  const auto cost = row.values.find(comparison.cost().id);
  const bool whole = cost != row.values.end() && cost->second.high != 0;
  return whole && row.outcome->row->id == row.baseline ? "1.00x" : "-";
}

std::vector<std::string> cells_of(const RowSummary& row, const Comparison& comparison, bool predictions) {
  std::vector<std::string> cells{"  " + row.outcome->row->id};
  for (const Metric& metric : comparison.metrics) {
    const auto found = row.values.find(metric.id);
    cells.push_back(found == row.values.end() ? "-" : number(found->second.median, metric.decimals));
  }
  if (row.ratio) {
    cells.push_back(number(row.ratio->spread.median, 2) + "x");
    cells.push_back(spread_text(row.ratio->spread));
    cells.push_back(row.ratio->tie ? "tie" : "");
  } else {
    cells.insert(cells.end(), {without_ratio(row, comparison), "", ""});
  }
  if (predictions) {
    const auto& prediction = row.outcome->row->prediction;
    cells.push_back(prediction ? number(prediction->value, comparison.cost().decimals) : "");
  }
  return cells;
}

void print_group(std::ostream& out, const Summary& summary, const std::string& group) {
  const Comparison& comparison = *summary.outcome->comparison;
  const bool predictions = std::any_of(comparison.rows.begin(), comparison.rows.end(),
                                       [](const Row& row) { return row.prediction.has_value(); });
  std::vector<std::vector<std::string>> lines{{group.empty() ? "  row" : group}};
  for (const Metric& metric : comparison.metrics)
    lines[0].push_back(metric.heading);
  lines[0].insert(lines[0].end(), {"ratio", "spread", ""});
  if (predictions) lines[0].push_back("predicted");
  for (const RowSummary& row : summary.rows) {
    if (row.outcome->row->group != group || row.values.empty()) continue;
    lines.push_back(cells_of(row, comparison, predictions));
  }
  out << aligned(lines);
  for (const RowSummary& row : summary.rows) {
    const RowOutcome& outcome = *row.outcome;
    if (outcome.row->group != group) continue;
    if (!outcome.failed.empty()) out << "  " << outcome.row->id << " FAILED: " << outcome.failed << '\n';
    if (!outcome.skipped.empty()) out << "  " << outcome.row->id << " skipped: " << outcome.skipped << '\n';
    if (!outcome.row->note.empty() && !row.values.empty()) {
      out << "  " << outcome.row->id << ": " << outcome.row->note << '\n';
    }
    if (outcome.row->prediction && !row.values.empty()) {
      out << "  " << outcome.row->id << " predicted by " << outcome.row->prediction->source << '\n';
    }
  }
  out << '\n';
}

void print_aims(std::ostream& out, const Summary& summary) {
  const bool at_most = summary.outcome->comparison->cost().better == Better::lower;
  std::vector<std::vector<std::string>> lines;
  for (const AimSummary& aim : summary.aims) {
    const Spread* const spread = aim.judged();
    if (spread == nullptr) continue;
    const std::string group = aim.aim->group.empty() ? "" : " (" + aim.aim->group + ")";
    const std::string unit = aim.ratio ? "x" : " " + summary.outcome->comparison->cost().heading;
    lines.push_back({"  " + aim.aim->row + (aim.ratio ? " to " + aim.aim->against : "") + group,
                     number(spread->median, 2) + unit, spread_text(*spread), aim.ratio && aim.ratio->tie ? "tie" : "",
                     (at_most ? "at most " : "at least ") + number(aim.aim->bound, 2) + unit,
                     aim.met ? "met" : "missed"});
  }
  if (!lines.empty()) out << "aims\n" << aligned(lines) << '\n';
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width(line[i]));
  }
  std::ostringstream out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - width(line[i]), ' ');
      text += (i == 0 ? "" : "  ") + (i == 0 ? line[i] + padding : padding + line[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  }
  return out.str();
}

std::string table(const Summary& summary, const std::string& machine) {
  const Outcome& outcome = *summary.outcome;
  const Comparison& comparison = *outcome.comparison;
  std::ostringstream out;
  out << comparison.id << ": " << comparison.question << "\n";
  for (const std::string& line : comparison.method)
    out << "  " << line << '\n';
  const double round_s = std::chrono::duration<double>(outcome.round.duration).count();
  out << "  " << summary.rounds_used << " of " << outcome.rounds() << " rounds of " << number(round_s, 2)
      << " s, interleaved; ratio to the first row; other programs used " << number(summary.foreign_cores, 2)
      << " cores\n\n";

  std::vector<std::string> groups;
  for (const RowSummary& row : summary.rows) {
    const std::string& group = row.outcome->row->group;
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  for (const std::string& group : groups)
    print_group(out, summary, group);
  print_aims(out, summary);
  for (const std::string& warning : summary.warnings)
    out << "! " << warning << '\n';
  if (summary.warnings.empty()) {
    if (const std::string quote = sentence(summary, machine); !quote.empty()) out << quote << '\n';
  }
  return out.str();
}

}  // namespace bench
