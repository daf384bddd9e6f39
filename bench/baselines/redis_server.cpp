#include "bench/baselines/redis_server.h"

#include <cstdlib>
#include <stdexcept>

#include "bench/core/local_process.h"
#include "common/redis/client.h"
#include "common/runtime/background_runtime.h"

namespace bench {
namespace {

common::Task<> ask_for_pid(common::redis::Client& client, pid_t& pid) {
  const auto info = co_await client.command("INFO", "server");
  if (info.has_error()) throw std::runtime_error(info.error().message);
  constexpr std::string_view name = "process_id:";
  const auto at = info->text.find(name);
  if (at != std::string::npos) pid = std::atoi(info->text.c_str() + at + name.size());
}

}  // namespace

std::vector<pid_t> redis_processes(const common::redis::Endpoint& endpoint) {
  common::BackgroundRuntime background(1);
  common::redis::Client::Options options;
  options.connection.endpoint = endpoint;
  options.timeout = std::chrono::seconds(5);
  common::redis::Client client(background.runtime(), options);
  pid_t pid = 0;
  background.run(ask_for_pid(client, pid));
  background.stop();
  return local_process(pid, "redis-server");
}

}  // namespace bench
