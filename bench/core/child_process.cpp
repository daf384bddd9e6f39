#include "bench/core/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string end_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  return all.size() > 1000 ? all.substr(all.size() - 1000) : all;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto replaced = [&](const auto& one) { return text.starts_with(one.first + "="); };
    bool keep = true;
    for (const auto& one : added)
      keep = keep && !replaced(one);
    if (keep) all.emplace_back(text);
  }
  for (const auto& [name, value] : added)
    all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Between fork and exec only async-signal-safe calls are allowed, so everything is prepared before.
struct ExecPlan {
  const char* program;
  char** arguments;
  char** environment;
  const cpu_set_t* cpus;  // may be null
  int out;
  int err;
  pid_t parent;
};

[[noreturn]] void become(const ExecPlan& plan) {
  // A signal that comes before execve must not run the parent's handlers in here.
  for (int one = 1; one < NSIG; ++one)
    signal(one, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) _exit(126);  // the parent went before the line above
  if (plan.cpus != nullptr) sched_setaffinity(0, sizeof(cpu_set_t), plan.cpus);
  setpgid(0, 0);  // Ctrl-C is for the benchmark, which then ends its children in order
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(in, STDIN_FILENO);
  dup2(plan.out, STDOUT_FILENO);
  dup2(plan.err, STDERR_FILENO);
  execve(plan.program, plan.arguments, plan.environment);
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(Options options) : options_(std::move(options)) {
  std::vector<std::string> arguments{options_.program.string()};
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<std::string> environment = environment_with(options_.environment);
  auto argument_pointers = pointers(arguments);
  auto environment_pointers = pointers(environment);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (const int cpu : options_.cpus)
    CPU_SET(cpu, &cpus);

  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe left");
  const std::string log = options_.log.empty() ? "/dev/null" : options_.log.string();
  const int err = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const std::string program = options_.program.string();
  const ExecPlan plan{.program = program.c_str(),
                      .arguments = argument_pointers.data(),
                      .environment = environment_pointers.data(),
                      .cpus = options_.cpus.empty() ? nullptr : &cpus,
                      .out = pipe_ends[1],
                      .err = err,
                      .parent = getpid()};
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_ = fork();
  if (pid_ == 0) become(plan);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(pipe_ends[1]);
  if (err >= 0) close(err);
  stdout_ = pipe_ends[0];
  if (pid_ < 0) {
    close(stdout_);
    throw std::runtime_error("cannot start " + program + ": " + std::strerror(errno));
  }
}

ChildProcess::~ChildProcess() {
  stop();
  close(stdout_);
}

bool ChildProcess::ended() {
  if (status_ != -1) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_ != -1;
}

void ChildProcess::fail(const std::string& what) {
  std::string message = options_.program.filename().string() + " " + what;
  if (const std::string log = end_of_file(options_.log); !log.empty()) {
    message += "; its log ends:\n" + log;
  }
  throw std::runtime_error(message);
}

Endpoint ChildProcess::await_listening(milliseconds timeout) {
  constexpr std::string_view prefix = "listening ";
  const auto deadline = Clock::now() + timeout;
  std::string text;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    pollfd waiting{.fd = stdout_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      fail("did not say where it listens within " + std::to_string(timeout.count()) + " ms");
    }
    char buffer[512];
    const ssize_t got = read(stdout_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("ended with status " + std::to_string(stop()) + " before it listened");
    text.append(buffer, static_cast<std::size_t>(got));
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const std::string line = text.substr(0, end);
      text.erase(0, end + 1);
      if (!line.starts_with(prefix)) continue;
      if (const auto url = parse_url(std::string_view(line).substr(prefix.size()))) return url->endpoint;
      fail("listens at an address that cannot be read: " + line);
    }
  }
}

std::string ChildProcess::await_output(milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  std::string text;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    pollfd waiting{.fd = stdout_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      fail("did not end within " + std::to_string(timeout.count()) + " ms");
    }
    char buffer[4096];
    const ssize_t got = read(stdout_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  while (!ended() && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(1));
  const int status = stop();
  if (status != 0) fail("ended with status " + std::to_string(status));
  return text;
}

void ChildProcess::await_accepting(const Endpoint& endpoint, milliseconds timeout) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr);
  const auto deadline = Clock::now() + timeout;
  while (Clock::now() < deadline) {
    if (ended()) fail("ended with status " + std::to_string(stop()) + " before it listened");
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool accepted = connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(probe);
    if (accepted) return;
    std::this_thread::sleep_for(milliseconds(5));
  }
  fail("did not accept connections within " + std::to_string(timeout.count()) + " ms");
}

int ChildProcess::stop() {
  if (!ended()) kill(pid_, SIGTERM);
  const auto deadline = Clock::now() + options_.grace;
  while (!ended() && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(2));
  if (!ended()) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
  }
  return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

std::uint16_t free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(probe);
  if (!bound) throw std::runtime_error("no TCP port is free on 127.0.0.1");
  return ntohs(address.sin_port);
}

}  // namespace bench
