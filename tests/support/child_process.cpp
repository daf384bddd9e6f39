#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string_view>

#include "tests/support/files.h"

namespace testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// The test's own environment without settings of the servers, and with `changes`.
std::vector<std::string> environment_with(const Environment& changes) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::string_view name = variable.substr(0, variable.find('='));
    bool kept = !name.starts_with("URL_SHORTENER_");
    for (const auto& change : changes) {
      kept = kept && name != change.first;
    }
    if (kept) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : changes) {
    variables.push_back(name + "=" + value);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

// Between fork and exec: only what is async-signal-safe.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* folder, int output, int errors,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  if (::chdir(folder) == 0) ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

bool readable(int fd, milliseconds patience) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments, const Environment& environment) {
  auto variables = environment_with(environment);
  const auto argument_list = pointers(arguments);
  const auto variable_list = pointers(variables);
  const std::string folder = folder_.path();
  const pid_t parent = ::getpid();
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) fail("pipe");
  const std::string errors_file = folder_.path() / "stderr";
  const int errors = ::open(errors_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) {
    become(argument_list.data(), variable_list.data(), folder.c_str(), pipe[1], errors, parent);
  }
  ::close(pipe[1]);
  ::close(errors);
  output_ = pipe[0];
  if (pid_ < 0) fail("fork");
  handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) kill();
  if (handle_ >= 0) ::close(handle_);
  if (output_ >= 0) ::close(output_);
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !outcome_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(milliseconds patience) {
  if (outcome_) return outcome_;
  if (!readable(handle_, patience)) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) fail("waitpid");
  outcome_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome_;
}

void ChildProcess::kill() {
  signal(SIGKILL);
  int status = 0;
  if (!outcome_ && ::waitpid(pid_, &status, 0) == pid_) outcome_ = 128 + SIGKILL;
}

bool ChildProcess::read_more(milliseconds patience) {
  if (!readable(output_, patience)) return false;
  char buffer[4096];
  const ssize_t got = ::read(output_, buffer, sizeof buffer);
  if (got > 0) unread_.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

std::string ChildProcess::read_line(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  for (;;) {
    const auto end = unread_.find('\n');
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0 || !read_more(left)) {
      throw std::runtime_error("no line on stdout; stderr says: " + errors());
    }
  }
}

std::string ChildProcess::rest_of_output() {
  while (read_more(std::chrono::seconds{5})) {
  }
  return std::exchange(unread_, {});
}

std::string ChildProcess::errors() const {
  return read_file(folder_.path() / "stderr");
}

Finished run_program(std::vector<std::string> arguments, const Environment& environment, milliseconds patience) {
  const std::string name = arguments.at(0);
  ChildProcess process(std::move(arguments), environment);
  const auto exit_code = process.wait(patience);
  if (!exit_code) throw std::runtime_error(name + " does not end; stderr: " + process.errors());
  return {*exit_code, process.rest_of_output(), process.errors()};
}

}  // namespace testing
