// The HTTP server: a listener, a worker on each thread, and the way they end.
//
//   Server server(runtime, options, service);      // binds; throws when it cannot
//   runtime.run(server.serve());                   // prints "listening http://…"; returns after the drain
//
// SIGTERM or SIGINT (or stop()) begins the drain: answers carry "Connection: close" and readiness is 503; after
// `drain_delay` listening stops; what was accepted is answered, within `drain_timeout`; then the runtime's
// shut-down steps run and buffers are flushed. A second signal ends the process at once.
//
// What draining promises: a request sent on an accepted connection is answered whole, pipelined ones too. An idle
// keep-alive connection is closed once it has been silent for a second; a request that crosses that close on the wire
// is the one thing HTTP/1.1 cannot save (RFC 9112 section 9.3.1: clients may retry it).

#pragma once

#include <atomic>
#include <boost/asio/basic_signal_set.hpp>
#include <memory>
#include <string>
#include <vector>

#include "common/http/listener.h"
#include "common/http/worker.h"
#include "common/runtime/runtime.h"

namespace common::http {

class Server {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::size_t max_connections = 20'000;  // above it a connection gets 503 and is closed
    ConnectionLimits limits;
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds{10};
    std::chrono::nanoseconds drain_delay{0};
    std::shared_ptr<const TlsContext> tls;  // null: plain text
  };

  Server(Runtime& runtime, const Options& options, Service& service);
  ~Server();

  // "http://127.0.0.1:8081"
  std::string url() const;
  // The same, but with an address that this machine reaches when it listens on all of them.
  std::string local_url() const;
  std::uint16_t port() const noexcept { return listener_.port(); }

  Task<void> serve();
  // As SIGTERM does. From any thread.
  void stop();
  bool draining() const noexcept { return draining_.load(std::memory_order_relaxed); }
  std::size_t connections() const noexcept;
  std::size_t tasks() const noexcept;  // handlers and streams at work
  // Connections that were turned away because there were max_connections.
  std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  using SignalSet = asio::basic_signal_set<Executor>;

  void deal(int fd, std::string peer_address);
  void refuse(int fd);
  Task<void> wait_for_stop();
  Task<void> drain();
  void on_each_worker(const std::function<void(Worker&)>& action);

  Runtime& runtime_;
  Options options_;
  Listener listener_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t turn_ = 0;  // of the worker that wins the next tie; thread 0 only
  SignalSet signals_;
  Timer stopped_;
  std::atomic<bool> draining_{false};
  std::atomic<std::uint64_t> refused_{0};
  Instant refusal_said_until_;  // thread 0 only
};

// Lifts RLIMIT_NOFILE to its hard limit, and answers that.
std::size_t raise_descriptor_limit();

}  // namespace common::http
