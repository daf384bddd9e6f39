#include "bench/core/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "bench/core/environment.h"

namespace bench {
namespace {

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

bool has_row(const Comparison& comparison, const std::string& id) {
  return std::any_of(comparison.rows.begin(), comparison.rows.end(), [&](const Row& row) { return row.id == id; });
}

[[noreturn]] void unknown(const std::string& what, const std::string& name, const std::set<std::string>& choices) {
  throw Leave(2, "unknown " + what + " '" + name + "'; there are: " + joined(choices));
}

}  // namespace

Options parse_options(std::vector<std::string> arguments) {
  Options options;
  CLI::App app{"Compares alternatives, interleaved and by ratio. Says what each costs.", "./run bench"};
  app.add_option("SYSTEM", options.system, "one system; all if left out");
  app.add_option("ALTERNATIVE", options.alternatives, "comparisons or rows of that system; all if left out");
  app.add_flag("--list", options.list, "say what there is to compare, and end");
  app.add_flag("--quick", options.quick, "a smoke run: tiny, nothing to quote");
  app.add_flag("--services", options.services, "also the rows that need Redis, PostgreSQL or Kafka");
  app.add_flag("--record", options.record, "also write bench/results/, which the docs quote");
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    const int code = app.exit(error, out, out);
    throw Leave(code == 0 ? 0 : 2, out.str());
  }
  if (options.quick && options.record) throw Leave(2, "--quick and --record: a smoke run is not recorded");
  return options;
}

std::vector<Selected> select(const std::vector<Comparison>& all, const Options& options) {
  std::set<std::string> systems;
  for (const Comparison& comparison : all)
    systems.insert(comparison.system());
  if (!options.system.empty() && !systems.contains(options.system)) {
    unknown("system", options.system, systems);
  }
  std::set<std::string> wanted_comparisons;
  std::set<std::string> wanted_rows;
  for (const std::string& name : options.alternatives) {
    std::set<std::string> choices;
    bool is_comparison = false;
    for (const Comparison& comparison : all) {
      if (comparison.system() != options.system) continue;
      is_comparison = is_comparison || comparison.name() == name;
      choices.insert(comparison.name());
      for (const Row& row : comparison.rows)
        choices.insert(row.id);
    }
    if (!choices.contains(name)) unknown("alternative of " + options.system, name, choices);
    (is_comparison ? wanted_comparisons : wanted_rows).insert(name);
  }
  std::vector<Selected> chosen;
  for (const Comparison& comparison : all) {
    if (!options.system.empty() && comparison.system() != options.system) continue;
    if (!wanted_comparisons.empty() && !wanted_comparisons.contains(comparison.name())) continue;
    Selected one{.comparison = &comparison};
    for (const std::string& row : wanted_rows) {
      if (has_row(comparison, row)) one.rows.push_back(row);
    }
    if (wanted_rows.empty() || !one.rows.empty()) chosen.push_back(one);
  }
  if (chosen.empty()) throw Leave(2, "no comparison has all that was named");
  return chosen;
}

std::string listing(const std::vector<Comparison>& all, const Environment& environment) {
  std::ostringstream out;
  for (const Comparison& comparison : all) {
    out << comparison.system() << ' ' << comparison.name() << ": " << comparison.question << '\n';
    std::set<std::string> seen;
    for (const Row& row : comparison.rows) {
      if (!seen.insert(row.id).second) continue;
      out << "  " << row.id;
      if (!row.note.empty()) out << ": " << row.note;
      for (const std::string& need : row.needs) {
        if (const auto reason = environment.lacking(need)) out << " [skipped: " << *reason << "]";
      }
      out << '\n';
    }
  }
  return out.str();
}

void check(const std::vector<Comparison>& all) {
  std::set<std::string> ids;
  std::map<std::string, std::chrono::seconds> budgets;
  for (const Comparison& comparison : all) {
    if (comparison.id.find('/') == std::string::npos || comparison.metrics.empty() || comparison.rows.empty() ||
        !ids.insert(comparison.id).second) {
      throw std::logic_error("not a comparison, or one twice: " + comparison.id);
    }
    std::set<std::string> rows;
    for (const Row& row : comparison.rows) {
      if (!rows.insert(row.group + "/" + row.id).second) {
        throw std::logic_error(comparison.id + " has two rows " + row.id);
      }
    }
    for (const Aim& aim : comparison.aims) {
      const auto known = [&](const std::string& row) { return rows.contains(aim.group + "/" + row); };
      if (!known(aim.row) || !(aim.against.empty() || known(aim.against))) {
        throw std::logic_error(comparison.id + " has an aim without its rows: " + aim.row);
      }
    }
    budgets[comparison.system()] += comparison.budget;
  }
  for (const auto& [system, budget] : budgets) {
    if (budget > std::chrono::seconds(180)) {
      throw std::logic_error(system + " takes " + std::to_string(budget.count()) + " s, over 180");
    }
  }
}

}  // namespace bench
