// A server that says what a test tells it to say: a listening socket of 127.0.0.1 and a thread a connection.
//
//   ScriptedServer server([](ScriptedServer::Peer& peer) {
//     while (const auto request = peer.read_request()) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
//   });
//
// Closes the connection when the script returns. Destroying it ends all connections and joins the threads.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace testing {

class ScriptedServer {
 public:
  struct Request {
    std::string head;                                 // request line and headers, with the empty line
    std::string body;                                 // by Content-Length; chunks are left alone
    std::string header(std::string_view name) const;  // empty when absent
  };

  // One connection, from the server's side. Belongs to its thread.
  class Peer {
   public:
    Peer(int fd, int number) : fd_(fd), number_(number) {}
    int number() const noexcept { return number_; }  // of this connection, from 0
    // The next request, whole; nullopt when the client has gone.
    std::optional<Request> read_request();
    // Whatever has come, of any protocol; nullopt when the client has gone.
    std::optional<std::string> receive();
    void send(std::string_view bytes) const;
    // Waits until the client closes, throwing away what it sends.
    void wait_for_close() const;

   private:
    bool read_more();
    int fd_;
    int number_;
    std::string unread_;
  };
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const noexcept { return accepted_; }

 private:
  void accept_connections();
  void serve(int fd, int number);

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;  // guards the two below
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Answers 200 with `body` to everything and remembers what came. Thread-safe.
class CollectingServer {
 public:
  explicit CollectingServer(std::string body = "ok", std::string content_type = "text/plain");

  std::uint16_t port() const noexcept { return server_.port(); }
  std::string url() const { return server_.url(); }
  std::vector<ScriptedServer::Request> requests() const;

 private:
  mutable std::mutex mutex_;
  std::vector<ScriptedServer::Request> requests_;  // guarded
  std::string answer_;
  ScriptedServer server_;
};

}  // namespace testing
