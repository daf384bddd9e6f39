// A Kafka broker of one's own, to be killed: the one that all tests share has to live.
//
// It is the same program as scripts/services starts, from the jars that are there once that has run; on a port of
// its own, with data of its own. start() after kill() finds what was acknowledged: SIGKILL loses no page that the
// kernel has.

#pragma once

#include <memory>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temp_folder.h"

namespace testing {

class KafkaProcess {
 public:
  // Empty when it can be started here, else why not.
  static std::string lacking();

  // Formats and starts. Throws std::runtime_error when it does not come up within a minute.
  KafkaProcess();

  std::string brokers() const { return "127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return process_->pid(); }
  // Whether it ended, by somebody else's hand, within `patience`.
  bool dies(std::chrono::milliseconds patience) { return process_->wait(patience).has_value(); }
  void kill() { process_->kill(); }
  void start();

 private:
  TempFolder folder_;
  std::uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace testing
