// loadbearing_bench: what `./run bench` runs. README.md says how to read what it prints.

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string_view>

#include "bench/cache_aside_bench.h"
#include "bench/core/cores.h"
#include "bench/core/environment.h"
#include "bench/core/options.h"
#include "bench/core/results.h"
#include "bench/core/table.h"
#include "bench/notifier_bench.h"
#include "bench/rate_limiter_bench.h"
#include "bench/url_shortener_bench.h"
#include "common/log.h"
#include "common/postgres/blocking.h"

namespace {

std::atomic<bool> stop_requested{false};

// The first Ctrl-C ends the run in order, children and all; the second one ends it at once.
extern "C" void on_signal(int signal) {
  stop_requested = true;
  std::signal(signal, SIG_DFL);
}

std::vector<bench::Comparison> all_comparisons() {
  std::vector<bench::Comparison> all = bench::url_shortener_comparisons();
  for (auto& each : bench::rate_limiter_comparisons())
    all.push_back(std::move(each));
  for (auto& each : bench::notifier_comparisons())
    all.push_back(std::move(each));
  for (auto& each : bench::cache_aside_comparisons())
    all.push_back(std::move(each));
  bench::check(all);
  return all;
}

// With CI=true everything is installed, so what is skipped there is a failure.
bool may_skip() {
  const char* const ci = std::getenv("CI");
  return ci == nullptr || std::string_view(ci) != "true";
}

// Whether every row worked and what was to be recorded was.
bool run_one(const bench::Selected& selected, bench::Environment& environment, const bench::Options& options,
             const bench::Machine& machine, const std::string& command) {
  bench::Progress progress;
  const bench::Outcome outcome = bench::run(*selected.comparison, selected.rows, environment, progress,
                                            {.quick = options.quick, .stop = &stop_requested});
  if (outcome.rounds() == 0) {
    std::cout << selected.comparison->id << ": interrupted before the first round was over\n";
    return false;
  }
  const bench::Summary summary = bench::summarise(outcome);
  std::cout << bench::table(summary, bench::short_name(machine));
  bool recorded = true;
  if (!outcome.interrupted) {
    const auto result = bench::to_json(summary, machine, command);
    const std::filesystem::path folder = LOADBEARING_RESULTS_DIR;
    for (const auto& file : bench::write_results(summary, result, folder, options.record)) {
      std::cout << "written: bench/results/" << file.lexically_relative(folder).string() << '\n';
    }
    if (const auto unfit = bench::unfit_to_record(summary); options.record && unfit) {
      std::cout << "not recorded in bench/results: " << *unfit << '\n';
      recorded = false;
    }
  }
  std::cout << std::endl;
  return recorded && bench::worked(outcome, may_skip());
}

// Empty when it is away: the rows that need it say so.
std::string postgres_version(const std::string& url) {
  try {
    const std::string version = common::postgres::Blocking(url).ask("SHOW server_version");
    return version.substr(0, version.find(' '));
  } catch (const std::exception&) {
    return "";
  }
}

int run_all(const bench::Options& options, const std::string& command) {
  common::log::configure(common::log::Level::warn, common::log::Format::text);  // not between the rows of a table
  const std::vector<bench::Comparison> all = all_comparisons();
  const std::filesystem::path programs = bench::program_folder();
  bench::Environment environment({.programs = programs,
                                  .scratch_root = programs.parent_path() / "bench_scratch",
                                  .services = options.services,
                                  .quick = options.quick,
                                  .cpus = bench::usable_cpus()});
  const auto chosen = bench::select(all, options);
  if (options.list) {
    std::cout << bench::listing(all, environment);
    return 0;
  }
  auto machine = bench::describe_machine(environment.scratch("machine"), LOADBEARING_SOURCE_DIR);
  for (const char* const program : {"nginx", "redis-benchmark"}) {
    if (const auto path = environment.program(program); !path.empty()) {
      machine.libraries[program] = bench::version_of(path);
    }
  }
  if (const auto url = environment.service("postgres"); !url.empty()) {
    machine.libraries["postgresql"] = postgres_version(url);
  }
  bool worked = true;
  for (const auto& selected : chosen) {
    if (stop_requested) break;
    worked = run_one(selected, environment, options, machine, command) && worked;
  }
  if (stop_requested) return 130;
  return worked ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::string command = "./run bench";
  for (int i = 1; i < argc; ++i)
    command += std::string(" ") + argv[i];
  try {
    return run_all(bench::parse_options({argv + 1, argv + argc}), command);
  } catch (const bench::Leave& leave) {
    (leave.exit_code == 0 ? std::cout : std::cerr) << leave.what() << '\n';
    return leave.exit_code;
  } catch (const std::exception& error) {
    std::cerr << "loadbearing_bench: " << error.what() << '\n';
    return 1;
  }
}
