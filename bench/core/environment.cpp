#include "bench/core/environment.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace bench {
namespace {

namespace fs = std::filesystem;

// As variables are written: "redis-benchmark" is REDIS_BENCHMARK.
std::string capitals(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return text;
}

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string service_variable(const std::string& name) {
  return name == "kafka" ? "KAFKA_BROKERS" : capitals(name) + "_URL";
}

bool executable(const fs::path& path) {
  return !path.empty() && fs::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
}

// Scratch folders of runs that were killed: "run.PID" of a process that is no more.
void remove_left_overs(const fs::path& root) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("run.") || fs::exists("/proc/" + name.substr(4))) continue;
    fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Environment::Environment(Options options) : options_(std::move(options)) {}

Environment::~Environment() {
  std::error_code ignored;  // a left-over file in the build folder harms nobody
  if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

fs::path Environment::program(const std::string& name) const {
  if (fs::path named = variable(capitals(name)); executable(named)) return named;
  if (fs::path beside = options_.programs / name; executable(beside)) return beside;
  std::istringstream folders(variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (fs::path found = fs::path(folder) / name; executable(found)) return found;
  }
  return {};
}

std::string Environment::service(const std::string& name) const {
  return options_.services ? variable(service_variable(name)) : "";
}

std::optional<std::string> Environment::lacking(std::string_view need) const {
  const auto colon = need.find(':');
  const std::string kind(need.substr(0, colon));
  const std::string name(colon == std::string_view::npos ? "" : need.substr(colon + 1));
  if (kind == "program") {
    if (!program(name).empty()) return std::nullopt;
    return name + " is not here: not beside this program, not in PATH, not named by " + capitals(name);
  }
  if (kind == "service") {
    if (!service(name).empty()) return std::nullopt;
    if (!options_.services) return "needs " + name + ": run with --services";
    return "needs " + name + ": " + service_variable(name) + " is not set";
  }
  throw std::logic_error("a need is program:NAME or service:NAME, not " + std::string(need));
}

fs::path Environment::scratch(const std::string& name) {
  if (scratch_.empty()) {
    fs::create_directories(options_.scratch_root);
    remove_left_overs(options_.scratch_root);
    scratch_ = options_.scratch_root / ("run." + std::to_string(getpid()));
    fs::create_directory(scratch_);
  }
  fs::path made = scratch_ / (name + "." + std::to_string(++scratch_count_));
  fs::create_directory(made);
  return made;
}

fs::path program_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace bench
