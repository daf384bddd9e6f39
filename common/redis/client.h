// Redis for all threads of a runtime: a connection each, and scripts.
//
//   redis::Client redis(runtime, options);
//   auto reply = co_await redis.command("GET", key);     // on a thread of the runtime
//   if (reply.has_error()) …                             // says whether it may have been done (common/result.h)
//
//   1. A command goes out on the calling thread's connection, with those of all other coroutines of that thread.
//   2. It ends within `timeout`, whatever Redis does, also when a script has to be sent twice, the second time whole.
//   3. Redis' own errors are Errors too: `unavailable` when it promises that nothing was done and another try may
//      succeed (loading, failing over), `internal` otherwise (a wrong type, a script's mistake).
//   4. Nothing is repeated behind the caller's back, but for a script that Redis said it does not know.
//
// Commands that block (BLPOP), subscribe, or keep state on a connection (MULTI, WATCH) do not belong here.

#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/redis/connection.h"
#include "common/runtime/runtime.h"

namespace common::redis {

// A Lua script, which Redis runs as one step. Sent by its SHA-1, whole only when Redis does not have it.
class Script {
 public:
  explicit Script(std::string text);
  const std::string& text() const noexcept { return text_; }
  const std::string& sha1() const noexcept { return sha1_; }  // 40 hexadecimal digits

 private:
  std::string text_;
  std::string sha1_;
};

class Client {
 public:
  struct Options {
    ConnectionOptions connection;
    std::chrono::nanoseconds timeout = std::chrono::milliseconds{100};  // of a command, from asking to answer
  };

  // Begins to connect when `runtime` runs, and closes when it shuts down.
  Client(Runtime& runtime, Options options);

  // A command and its arguments, as many as there are. They are read before this suspends; await it at once.
  template <std::convertible_to<std::string_view>... Strings>
  Task<Result<Reply>> command(const Strings&... arguments) {
    return send(std::array<std::string_view, sizeof...(Strings)>{arguments...}, options_.timeout);
  }

  // Runs `script` with one key (KEYS[1]) and as many arguments (ARGV) as there are. Await it at once.
  template <std::convertible_to<std::string_view>... Strings>
  Task<Result<Reply>> run(const Script& script, std::string_view key, const Strings&... arguments) {
    return run_of(script, std::vector<std::string_view>{key}, std::vector<std::string_view>{arguments...});
  }
  // The same for several keys, all of one hash slot, until `deadline` at most. What they point to must outlive the
  // await.
  Task<Result<Reply>> run_of(const Script& script, std::vector<std::string_view> keys,
                             std::vector<std::string_view> arguments, Instant deadline = Instant::max());

  // Whether every thread's connection stands. Any thread.
  bool connected() const noexcept;
  const Endpoint& endpoint() const noexcept { return options_.connection.endpoint; }
  // Until when a command that is sent now has to be answered.
  Instant deadline() const noexcept;

 private:
  template <class Strings>
  Task<Result<Reply>> send(Strings arguments, std::chrono::nanoseconds limit) {
    return exchange([this]() -> Connection& { return *connections_[current_thread_index()]; }, std::move(arguments),
                    limit);
  }

  const Options options_;
  std::vector<std::shared_ptr<Connection>> connections_;  // one a thread of the runtime
};

}  // namespace common::redis
