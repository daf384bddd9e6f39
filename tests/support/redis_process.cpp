#include "tests/support/redis_process.h"

#include <signal.h>

#include <filesystem>
#include <stdexcept>

#include "tests/support/eventually.h"
#include "tests/support/free_port.h"
#include "tests/support/raw_client.h"
#include "tests/support/require.h"

namespace testing {
namespace {

// scripts/programs has unpacked it, or it is installed.
std::string program() {
  const auto unpacked = std::filesystem::path(BINARY_DIR) / "../../services/bin/redis-server";
  return std::filesystem::exists(unpacked) ? unpacked.string() : "redis-server";
}

bool answers(std::uint16_t port) {
  try {
    RawClient client(port);
    client.send("*1\r\n$4\r\nPING\r\n");
    return client.receive(7) == "+PONG\r\n";
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

bool RedisProcess::is_there() {
  bool runs = false;
  try {
    runs = run_program({program(), "--version"}).exit_code == 0;
  } catch (const std::exception&) {
  }
  return require_or_skip(runs, "there is no redis-server: ./run services up");
}

RedisProcess::RedisProcess(std::vector<std::string> more) : more_(std::move(more)), port_(free_port()) {
  start();
}

void RedisProcess::start() {
  process_.reset();
  std::vector<std::string> command{program(), "--bind", "127.0.0.1",    "--port", std::to_string(port_),
                                   "--save",  "",       "--appendonly", "no",     "--dir",
                                   folder_.path().string()};
  command.insert(command.end(), more_.begin(), more_.end());
  process_ = std::make_unique<ChildProcess>(std::move(command));
  if (!eventually(std::chrono::seconds{10}, [&] { return answers(port_); })) {
    throw std::runtime_error("redis-server does not answer");
  }
}

void RedisProcess::freeze() const {
  process_->signal(SIGSTOP);
}

void RedisProcess::thaw() const {
  process_->signal(SIGCONT);
}

}  // namespace testing
