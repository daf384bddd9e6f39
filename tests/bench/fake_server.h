// A server that misbehaves on demand: one thread, any number of connections, answers whatever a
// function says.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "bench/core/endpoint.h"

namespace testing {

class FakeServer {
 public:
  // Called once a request, on the server's thread; it may sleep. What it returns is sent; an empty
  // answer closes the connection.
  using Answer = std::function<std::string(const std::string& request)>;

  explicit FakeServer(Answer answer);
  ~FakeServer();

  bench::Endpoint endpoint() const { return {.host = "127.0.0.1", .port = port_}; }

 private:
  void serve();

  Answer answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// "HTTP/1.1 <status>" with that body and its length.
std::string http_answer(const std::string& status, const std::string& body = "");

}  // namespace testing
