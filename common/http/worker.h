// One thread's share of the server: its connections, its buffers, its clock.
//
// A connection is dealt to a worker when it is accepted and lives and dies there. Buffers for reading and writing
// belong to the worker, not to the connection, so ten thousand idle connections hold ten thousand small objects
// and no buffers. Time is read once for a batch of ready sockets; deadlines are checked by one sweep over all
// connections a few times a second instead of a timer each (a timer an operation cost 0.5 us a request).

#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/http/server_protocol.h"
#include "common/http/tls.h"
#include "common/runtime/poller.h"

namespace common::http {

class Connection;

struct ConnectionLimits {
  std::chrono::nanoseconds header_timeout = std::chrono::seconds{10};  // first byte to the head's end; TLS handshake
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{75};    // between requests; a reader that stalls
  std::size_t bytes_per_second_min = 4096;  // bodies and answers that move more slowly than this are cut off
};

class Worker {
 public:
  Worker(asio::io_context& io, Service& service, const ConnectionLimits& limits, const TlsContext* tls);
  ~Worker();

  // Takes over a connected, non-blocking socket. On this worker's thread.
  void adopt(int fd, std::string peer_address);
  // Answers carry "Connection: close" from now on; connections that stay silent for `quiet` are closed.
  void start_draining(std::chrono::nanoseconds quiet);
  // Closes what is left, and cancels the handlers that are at work for it.
  void close_all();
  void stop();

  std::size_t connections() const noexcept { return open_.load(std::memory_order_relaxed); }
  // Handlers and streams at work, which outlive their connection when it is closed under them.
  std::size_t tasks() const noexcept { return tasks_.load(std::memory_order_relaxed); }
  void task_began() noexcept { tasks_.fetch_add(1, std::memory_order_relaxed); }
  void task_ended() noexcept { tasks_.fetch_sub(1, std::memory_order_relaxed); }
  void reserve_place() noexcept { open_.fetch_add(1, std::memory_order_relaxed); }
  void release_place() noexcept { open_.fetch_sub(1, std::memory_order_relaxed); }

  // For connections, on this thread.
  Executor executor() noexcept { return io_.get_executor(); }
  Poller& poller() noexcept { return poller_; }
  Service& service() noexcept { return service_; }
  ExchangePool& exchanges() noexcept { return exchanges_; }
  const ConnectionLimits& limits() const noexcept { return limits_; }
  Instant now() const noexcept { return now_; }
  void refresh_now() noexcept { now_ = std::chrono::steady_clock::now(); }
  std::string_view date();
  bool draining() const noexcept { return draining_; }
  std::span<char> read_buffer() noexcept { return read_buffer_; }
  std::string& scratch_out() noexcept { return scratch_out_; }
  std::string& scratch_plain() noexcept { return scratch_plain_; }
  void forget(Connection& connection);

 private:
  void sweep();
  void arm_sweep();

  asio::io_context& io_;
  Poller poller_;
  Service& service_;
  ConnectionLimits limits_;
  const TlsContext* tls_;
  Timer sweep_timer_;
  ExchangePool exchanges_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> closed_;  // kept until the batch at hand is done
  std::vector<std::weak_ptr<Connection>> orphans_;   // closed, with a handler still at work for them
  std::vector<char> read_buffer_;
  std::string scratch_out_;
  std::string scratch_plain_;
  Instant now_;
  Instant date_valid_until_;
  std::string date_;
  bool draining_ = false;
  std::chrono::nanoseconds quiet_{0};
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> tasks_{0};
};

}  // namespace common::http
