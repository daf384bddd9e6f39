// A server, or a program that measures one, as a child process: started, waited for, measured, ended.
//
// The guarantees: it is ended when this object goes (SIGTERM, then SIGKILL after the grace period);
// it dies with this program even if that is killed; every wait is bounded; and no process is ever
// signalled that this object did not start. Its stderr goes to a file, whose end is quoted when
// something fails. Used by one thread, which must outlive it: the kernel ends the child when the
// thread that started it ends.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/core/endpoint.h"

namespace bench {

class ChildProcess {
 public:
  struct Options {
    std::filesystem::path program;
    std::vector<std::string> arguments;                            // without the program's own name
    std::vector<std::pair<std::string, std::string>> environment;  // added to this process's
    std::vector<int> cpus;                                         // where it may run; empty: anywhere
    std::filesystem::path log;                                     // for its stderr
    std::chrono::milliseconds grace{5000};                         // between SIGTERM and SIGKILL
  };

  // Throws std::runtime_error when it cannot be started.
  explicit ChildProcess(Options options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const noexcept { return pid_; }

  // Whether it has not ended yet.
  bool running() { return !ended(); }

  // Reads stdout until the line "listening http://HOST:PORT". Throws std::runtime_error, quoting
  // the log, if the process ends first or the time does.
  Endpoint await_listening(std::chrono::milliseconds timeout = std::chrono::seconds(20));

  // Reads stdout to its end, and waits until the process has ended. Throws std::runtime_error, quoting the log, when it
  // takes longer, or its exit status is not 0.
  std::string await_output(std::chrono::milliseconds timeout = std::chrono::seconds(20));

  // Waits until something accepts connections there: for programs that do not say when. Throws
  // likewise.
  void await_accepting(const Endpoint& endpoint, std::chrono::milliseconds timeout = std::chrono::seconds(20));

  // Ends it, if it has not ended yet. Its exit status, or 128 + the signal that ended it.
  int stop();

 private:
  bool ended();
  [[noreturn]] void fail(const std::string& what);

  Options options_;
  pid_t pid_ = -1;
  int stdout_ = -1;
  int status_ = -1;  // as waitpid gave it, once ended
};

// A TCP port of 127.0.0.1 that was free a moment ago. Somebody else may take it before you do.
std::uint16_t free_port();

}  // namespace bench
