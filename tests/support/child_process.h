// A program run by a test: started, watched, and ended with the test, however the test ends.
//
// Its stdout can be waited for; its stderr is kept in a file. The kernel ends it when the thread
// that started it ends, so a test that is itself killed leaves nothing behind: start it on a thread
// that outlives it. One thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"

namespace testing {

// Changes to the environment that the test itself has.
using Environment = std::vector<std::pair<std::string, std::string>>;

class ChildProcess {
 public:
  // Runs `arguments[0]` (a path, or a name to be found in PATH) in a temporary folder of its own.
  // Throws std::runtime_error when it cannot be started.
  explicit ChildProcess(std::vector<std::string> arguments, const Environment& environment = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const noexcept { return pid_; }
  const std::filesystem::path& folder() const noexcept { return folder_.path(); }

  void signal(int number) const;
  // Its exit code, or 128 and the signal's number; nullopt when it is still running after
  // `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  bool running() { return !wait(std::chrono::milliseconds{0}); }
  // kill -9, and waits until it is gone.
  void kill();

  // The next line of its stdout; throws std::runtime_error when none comes within `patience`.
  std::string read_line(std::chrono::milliseconds patience);
  // All that it has written to stdout and not been read, until it closes it. Only after it has
  // ended.
  std::string rest_of_output();
  // All that it has written to stderr so far.
  std::string errors() const;

 private:
  bool read_more(std::chrono::milliseconds patience);

  TempFolder folder_;
  pid_t pid_ = -1;
  int handle_ = -1;  // pidfd: readable once it has ended
  int output_ = -1;
  std::string unread_;
  std::optional<int> outcome_;
};

struct Finished {
  int exit_code;
  std::string output;
  std::string errors;
};

// Runs a program to its end; kills it and throws when that takes more than `patience`.
Finished run_program(std::vector<std::string> arguments, const Environment& environment = {},
                     std::chrono::milliseconds patience = std::chrono::seconds{60});

}  // namespace testing
