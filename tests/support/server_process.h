// One of the servers as a real process, on a free port of 127.0.0.1.
//
//   ServerProcess server({"--store", "memory"});
//   ApiClient api(server.port());
//   …
//   CHECK(server.terminate() == 0);
//
// Ready when constructed. Killed when destroyed, should it still run.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/child_process.h"

namespace testing {

// The path of a program that was built.
std::string program_path(std::string_view name);

class ServerProcess : public ChildProcess {
 public:
  // `flags` come after "--listen 127.0.0.1:0 --threads 2", and may contradict it. Throws
  // std::runtime_error with what it wrote to stderr when it does not come up.
  explicit ServerProcess(const std::vector<std::string>& flags = {}, const Environment& environment = {},
                         std::string_view program = "url_shortener");

  const std::string& url() const noexcept { return url_; }  // "http://127.0.0.1:41234"
  std::uint16_t port() const noexcept { return port_; }

  // SIGTERM; its exit code. Throws when it does not end within `patience`.
  int terminate(std::chrono::milliseconds patience = std::chrono::seconds{30});

  // Of /proc/PID/smaps_rollup, in bytes: memory that is its own and no file's.
  std::size_t anonymous_bytes() const;

 private:
  std::string url_;
  std::uint16_t port_ = 0;
};

}  // namespace testing
