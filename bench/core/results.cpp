#include "bench/core/results.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "common/text.h"

namespace bench {
namespace {

namespace json = common::json;
namespace fs = std::filesystem;

json::object spread_json(const Spread& spread) {
  return {{"median", spread.median}, {"low", spread.low}, {"high", spread.high}};
}

json::object ratio_json(const Ratio& ratio) {
  json::object object = spread_json(ratio.spread);
  object["tie"] = ratio.tie;
  return object;
}

json::object machine_json(const Machine& machine) {
  json::object libraries;
  for (const auto& [name, version] : machine.libraries)
    libraries[name] = version;
  return {{"cpu", machine.cpu},
          {"cpus", machine.cpus},
          {"virtualMachine", machine.virtual_machine},
          {"memoryGiB", machine.memory_gib},
          {"kernel", machine.kernel},
          {"distribution", machine.distribution},
          {"compiler", machine.compiler},
          {"buildType", machine.build_type},
          {"libraries", libraries},
          {"scratchFilesystem", machine.scratch_filesystem}};
}

json::object row_json(const RowSummary& row, const Comparison& comparison) {
  const RowOutcome& outcome = *row.outcome;
  json::object object{{"id", outcome.row->id}};
  if (!outcome.row->group.empty()) object["group"] = outcome.row->group;
  if (!outcome.row->note.empty()) object["note"] = outcome.row->note;
  if (!outcome.skipped.empty()) object["skipped"] = outcome.skipped;
  if (!outcome.failed.empty()) object["failed"] = outcome.failed;
  if (row.values.empty()) return object;
  json::object metrics;
  for (const Metric& metric : comparison.metrics) {
    const auto found = row.values.find(metric.id);
    if (found == row.values.end()) continue;
    json::object values = spread_json(found->second);
    json::array rounds;
    for (const Sample& sample : outcome.samples) {
      const auto value = sample.values.find(metric.id);
      rounds.push_back(value == sample.values.end() ? json::value(nullptr) : json::value(value->second));
    }
    values["rounds"] = rounds;
    metrics[metric.id] = values;
  }
  object["metrics"] = metrics;
  if (row.ratio) {
    object["ratio"] = ratio_json(*row.ratio);
    object["ratioTo"] = row.baseline;
  }
  if (const auto& prediction = outcome.row->prediction) {
    object["predicted"] = {{"value", prediction->value}, {"source", prediction->source}};
  }
  return object;
}

json::array aims_json(const Summary& summary) {
  json::array aims;
  for (const AimSummary& line : summary.aims) {
    json::object aim{{"row", line.aim->row}, {"bound", line.aim->bound}};
    if (!line.aim->against.empty()) aim["against"] = line.aim->against;
    if (!line.aim->group.empty()) aim["group"] = line.aim->group;
    if (line.ratio) aim["ratio"] = ratio_json(*line.ratio);
    if (line.cost) aim["cost"] = spread_json(*line.cost);
    if (line.judged() != nullptr) aim["met"] = line.met;
    aims.push_back(aim);
  }
  return aims;
}

json::array strings(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";  // JSON has no other word for it
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

bool flat(const json::array& array) {
  for (const auto& element : array) {
    if (element.is_structured() || element.is_string()) return false;
  }
  return true;
}

void print(std::string& out, const json::value& value, std::size_t depth) {
  const std::string indent(2 * depth + 2, ' ');
  const std::string closing = "\n" + std::string(2 * depth, ' ');
  std::string separator;
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      out += separator + "\n" + indent + common::json_quote(key) + ": ";
      print(out, member, depth + 1);
      separator = ",";
    }
    out += closing + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    const bool one_line = flat(*array);
    out += '[';
    for (const auto& element : *array) {
      out += separator + (one_line ? (separator.empty() ? "" : " ") : "\n" + indent);
      print(out, element, depth + 1);
      separator = ",";
    }
    out += (one_line ? "" : closing) + "]";
  } else if (value.is_double()) {
    out += number_text(value.get_double());
  } else {
    out += json::serialize(value);
  }
}

void write_whole(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  const fs::path temporary = path.string() + ".new";
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + temporary.string());
  fs::rename(temporary, path);
}

}  // namespace

json::value to_json(const Summary& summary, const Machine& machine, const std::string& command) {
  const Outcome& outcome = *summary.outcome;
  const Comparison& comparison = *outcome.comparison;
  json::array rows;
  for (const RowSummary& row : summary.rows)
    rows.push_back(row_json(row, comparison));
  json::object units;
  for (const Metric& metric : comparison.metrics) {
    units[metric.id] = {{"unit", metric.unit}, {"better", metric.better == Better::lower ? "lower" : "higher"}};
  }
  return json::object{
      {"comparison", comparison.id},
      {"question", comparison.question},
      {"command", command},
      {"startedAt", common::format_rfc3339(std::chrono::floor<std::chrono::microseconds>(outcome.started_at))},
      {"revision", machine.revision},
      {"machine", machine_json(machine)},
      {"method", strings(comparison.method)},
      {"elapsedSeconds", std::chrono::duration<double>(outcome.elapsed).count()},
      {"roundSeconds", std::chrono::duration<double>(outcome.round.duration).count()},
      {"rounds", outcome.rounds()},
      {"roundsUsed", summary.rounds_used},
      {"foreignCores", json::array(outcome.foreign_cores.begin(), outcome.foreign_cores.end())},
      {"warnings", strings(summary.warnings)},
      {"metrics", units},
      {"rows", rows},
      {"aims", aims_json(summary)},
      {"sentence", sentence(summary, short_name(machine))}};
}

std::string pretty(const json::value& value) {
  std::string out;
  print(out, value, 0);
  return out + "\n";
}

std::optional<std::string> unfit_to_record(const Summary& summary) {
  const Outcome& outcome = *summary.outcome;
  if (!summary.warnings.empty()) return summary.warnings.front();
  if (outcome.quick) return "smoke run";
  const std::size_t all = outcome.comparison->rows.size();
  if (outcome.rows.size() != all) return std::to_string(outcome.rows.size()) + " of " + std::to_string(all) + " rows";
  for (const RowOutcome& row : outcome.rows) {
    if (!row.failed.empty()) return row.row->id + " failed: " + row.failed;
    if (!row.skipped.empty()) return row.row->id + " skipped: " + row.skipped;
  }
  return std::nullopt;
}

std::vector<fs::path> write_results(const Summary& summary, const json::value& result, const fs::path& folder,
                                    bool record) {
  const Comparison& comparison = *summary.outcome->comparison;
  const std::string name = comparison.system() + "_" + comparison.name();
  const std::string text = pretty(result);
  std::vector<fs::path> files{folder / "local" / (name + (summary.outcome->quick ? ".quick.json" : ".json"))};
  if (record && !unfit_to_record(summary)) files.push_back(folder / (name + ".json"));
  for (const fs::path& file : files)
    write_whole(file, text);
  return files;
}

}  // namespace bench
