#include "common/redis/client.h"

#include <algorithm>

#include "common/digest.h"
#include "common/text.h"

namespace common::redis {
namespace {

Task<void> stop_all(Runtime& runtime, std::vector<std::shared_ptr<Connection>> connections) {
  for (std::size_t i = 0; i < connections.size(); ++i) {
    co_await asio::co_spawn(runtime.executor(i), connections[i]->stop(), use_task);
  }
}

}  // namespace

Script::Script(std::string text) : text_(std::move(text)), sha1_(hex_encode(common::sha1(text_))) {}

Client::Client(Runtime& runtime, Options options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < runtime.threads(); ++i) {
    const auto& connection =
        connections_.emplace_back(std::make_shared<Connection>(runtime.executor(i), options_.connection));
    spawn(runtime.executor(i), "Redis connection", connection->run());
  }
  runtime.on_shut_down("close Redis", [&runtime, all = connections_] { return stop_all(runtime, all); });
}

Task<Result<Reply>> Client::run_of(const Script& script, std::vector<std::string_view> keys,
                                   std::vector<std::string_view> arguments, Instant deadline) {
  const Instant now = std::chrono::steady_clock::now();
  deadline = std::min(deadline, this->deadline());
  const std::string key_count = std::to_string(keys.size());
  std::vector<std::string_view> command{"EVALSHA", script.sha1(), key_count};
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto reply = co_await send(command, deadline - now);
  if (reply.has_error() && reply.error().message.starts_with("NOSCRIPT ")) {
    command[0] = "EVAL";
    command[1] = script.text();
    reply = co_await send(command, deadline - std::chrono::steady_clock::now());
  }
  co_return reply;
}

Instant Client::deadline() const noexcept {
  return std::chrono::steady_clock::now() + std::chrono::ceil<Instant::duration>(options_.timeout);
}

bool Client::connected() const noexcept {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto& each) { return each->connected(); });
}

}  // namespace common::redis
