#include "tests/support/server_process.h"

#include <signal.h>

#include <charconv>
#include <fstream>
#include <stdexcept>

namespace testing {
namespace {

constexpr std::string_view announcement = "listening ";

std::vector<std::string> command(std::string_view program, const std::vector<std::string>& flags) {
  std::vector<std::string> arguments{program_path(program), "--listen", "127.0.0.1:0", "--threads", "2"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return arguments;
}

}  // namespace

std::string program_path(std::string_view name) {
  return BINARY_DIR "/" + std::string(name);
}

ServerProcess::ServerProcess(const std::vector<std::string>& flags, const Environment& environment,
                             std::string_view program)
    : ChildProcess(command(program, flags), environment) {
  const std::string line = read_line(std::chrono::seconds{60});
  if (!line.starts_with(announcement)) throw std::runtime_error("on stdout: " + line);
  url_ = line.substr(announcement.size());
  const auto colon = url_.rfind(':');
  std::from_chars(url_.data() + colon + 1, url_.data() + url_.size(), port_);
  if (port_ == 0) throw std::runtime_error("no port in: " + line);
}

int ServerProcess::terminate(std::chrono::milliseconds patience) {
  signal(SIGTERM);
  if (const auto exit_code = wait(patience)) return *exit_code;
  throw std::runtime_error("SIGTERM did not end it; stderr: " + errors());
}

std::size_t ServerProcess::anonymous_bytes() const {
  std::ifstream rollup("/proc/" + std::to_string(pid()) + "/smaps_rollup");
  std::string word;
  while (rollup >> word) {
    if (word != "Anonymous:") continue;
    std::size_t kilobytes = 0;
    rollup >> kilobytes;
    return kilobytes * 1024;
  }
  throw std::runtime_error("no Anonymous line in smaps_rollup");
}

}  // namespace testing
