#include "bench/baselines/pgbench.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "bench/core/child_process.h"

namespace bench {
namespace {

// What stands behind `name` on a line of its own; nullopt when there is no such line.
std::optional<std::string_view> line_behind(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(name)) return line.substr(name.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

// The number at the start of `text`, which is cut off.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

[[noreturn]] void refuse(const std::string& why, std::string_view output) {
  throw std::runtime_error("pgbench: " + why + ":\n" + std::string(output));
}

}  // namespace

PgbenchReport parse_pgbench(std::string_view output) {
  PgbenchReport report;
  auto processed = line_behind(output, "number of transactions actually processed: ");
  if (!processed) refuse("no count of transactions", output);
  const auto done = take_number<std::uint64_t>(*processed);
  if (!done || !processed->starts_with('/')) refuse("no count of transactions", output);
  processed->remove_prefix(1);
  if (take_number<std::uint64_t>(*processed) != done || !processed->empty()) refuse("it did not do them all", output);
  const auto failed = line_behind(output, "number of failed transactions: ");  // since PostgreSQL 15
  if (failed && !failed->starts_with("0 (")) refuse("some failed", output);
  auto rate = line_behind(output, "tps = ");
  if (!rate) refuse("no rate", output);
  const auto per_second = take_number<double>(*rate);
  if (!per_second || !(*per_second > 0) || *rate != " (without initial connection time)") refuse("no rate", output);
  report.transactions = *done;
  report.per_second = *per_second;
  return report;
}

Pgbench::Pgbench(Options options) : options_(std::move(options)) {
  std::ofstream script(options_.folder / "script.sql");
  script << options_.script;
  script.close();
  if (!script) throw std::runtime_error("cannot write " + (options_.folder / "script.sql").string());
}

PgbenchReport Pgbench::run(std::uint64_t transactions_each, const std::vector<std::string>& definitions) {
  ChildProcess::Options process{.program = options_.program, .log = options_.folder / "log"};
  process.arguments = {"--no-vacuum",
                       "--protocol=prepared",
                       "--jobs=1",
                       "--client=" + std::to_string(options_.clients),
                       "--transactions=" + std::to_string(transactions_each),
                       "--file=" + (options_.folder / "script.sql").string()};
  for (const auto& definition : definitions)
    process.arguments.push_back("--define=" + definition);
  process.arguments.push_back(options_.url);
  const PgbenchReport report = parse_pgbench(ChildProcess(std::move(process)).await_output());
  if (report.transactions != transactions_each * options_.clients) {
    throw std::runtime_error("pgbench did " + std::to_string(report.transactions) + " transactions");
  }
  return report;
}

}  // namespace bench
