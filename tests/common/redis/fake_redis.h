// A Redis that says what a test tells it to say, and remembers nothing.
//
//   FakeRedis redis([](FakeRedis::Peer& peer) {
//     while (const auto command = peer.next()) peer.send("+" + command->back() + "\r\n");
//   });
//
// The PING that opens a link is answered before the script begins. A script may run for several connections at once.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/redis/connection.h"
#include "tests/support/scripted_server.h"

namespace testing {

class FakeRedis {
 public:
  using Command = std::vector<std::string>;

  class Peer {
   public:
    explicit Peer(ScriptedServer::Peer& peer) : peer_(peer) {}

    int number() const noexcept { return peer_.number(); }
    void send(std::string_view bytes) { peer_.send(bytes); }
    void wait_for_close() { peer_.wait_for_close(); }

    // Waits for the next command; nullopt when the client has gone.
    std::optional<Command> next() {
      for (;;) {
        if (auto reply = reader_.next().value()) {  // a command is an array of bulk strings, as a reply may be
          Command command;
          for (auto& element : reply->elements)
            command.push_back(std::move(element.text));
          return command;
        }
        const auto bytes = peer_.receive();
        if (!bytes) return std::nullopt;
        reader_.feed(*bytes);
      }
    }

   private:
    ScriptedServer::Peer& peer_;
    common::redis::ReplyReader reader_;
  };
  using Script = std::function<void(Peer&)>;

  explicit FakeRedis(Script script)
      : server_([script = std::move(script)](ScriptedServer::Peer& raw) {
          Peer peer(raw);
          if (!peer.next()) return;
          peer.send("+PONG\r\n");
          script(peer);
        }) {}

  common::redis::ConnectionOptions options() const {
    common::redis::ConnectionOptions options;
    options.endpoint.port = std::to_string(server_.port());
    options.backoff = {std::chrono::milliseconds{1}, std::chrono::milliseconds{5}};
    return options;
  }
  int connections() const noexcept { return server_.connections(); }

 private:
  ScriptedServer server_;
};

}  // namespace testing
