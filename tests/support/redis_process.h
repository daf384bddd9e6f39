// A Redis of a test's own, which it may freeze, kill and start again on the same port.
//
//   if (!RedisProcess::is_there()) return;   // said aloud; with CI=true a failure
//   RedisProcess redis;
//   redis.freeze(); … redis.thaw(); … redis.kill(); … redis.start();

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_folder.h"

namespace testing {

class RedisProcess {
 public:
  static bool is_there();

  // Starts one on a free port, with an empty memory; `more`: of its settings. Ready when constructed.
  explicit RedisProcess(std::vector<std::string> more = {});

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  void freeze() const;
  void thaw() const;
  void kill() { process_->kill(); }
  // After kill(): the same port, an empty memory, or the snapshot.
  void start();

 private:
  std::vector<std::string> more_;
  std::uint16_t port_;
  TempFolder folder_;  // of a snapshot, which a next start loads
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace testing
