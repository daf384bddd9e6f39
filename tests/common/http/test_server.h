// A real Server in this process, on threads of its own, with routes that tests ask for:
//
//   GET  /hello              "hello"
//   POST /echo               its body
//   GET  /big?size=N         N bytes of 'b'
//   GET  /later              "later", once gate() is open
//   GET  /thread             the index of the thread that answers
//   GET  /events             an event each 10 ms until the client goes or the server drains
//   GET  /burst?size=N       streams "a", waits for gate(), streams N bytes
//
// Stopped and joined when it goes out of scope.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/http/application.h"
#include "common/http/server.h"

namespace testing {

// A door for coroutines of any thread. Looks every few milliseconds; gives up after a minute.
class Door {
 public:
  void open() { open_ = true; }
  void close() { open_ = false; }
  common::Task<void> wait();
  int waiting() const { return waiting_; }

 private:
  std::atomic<bool> open_{false};
  std::atomic<int> waiting_{0};
};

struct TestServerOptions : common::http::Server::Options {
  std::size_t threads = 2;
  std::size_t max_body = 1 << 20;
  std::function<void(common::http::Application&)> routes = [](common::http::Application&) {};
};

class TestServer {
 public:
  explicit TestServer(const TestServerOptions& options = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return server_->port(); }
  common::http::Server& server() { return *server_; }
  Door& gate() { return gate_; }
  // Handlers that have begun.
  int begun() const { return begun_; }
  int streams_ended() const { return streams_ended_; }
  // Begins the drain; returns at once.
  void stop() { server_->stop(); }
  // Waits until the server has ended. Rethrows what it threw.
  void join();
  bool ended() const { return ended_; }
  // Waits until there are this many connections; false after half a minute.
  bool reaches_connections(std::size_t count) const;

 private:
  void add_routes();

  Door gate_;
  std::atomic<int> begun_{0};
  std::atomic<int> streams_ended_{0};
  std::atomic<bool> ended_{false};
  common::http::Application app_;
  std::unique_ptr<common::Runtime> runtime_;
  std::unique_ptr<common::http::Server> server_;
  std::exception_ptr failure_;
  std::thread thread_;
};

// Waits until `condition` holds; false after half a minute.
bool eventually(const std::function<bool()>& condition);

}  // namespace testing
