// A socket, the protocol that speaks over it, and its deadline. Owned by its Worker; belongs to its thread.
//
// Reading: what is there is read into the worker's buffer and handed to the protocol. Writing: what the protocol
// answers is sent at once, and only what the kernel does not take is kept, in `unsent_`. While `unsent_` holds
// more than the protocol's limit no further request is read: a client that does not read gets no service.
//
// Closing after an error is a lingering close: our side is shut down, and what the client is still sending is read
// and dropped for a moment, so that the kernel does not reset the connection before the answer was read.

#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <memory>
#include <string>

#include "common/http/worker.h"

namespace common::http {

class Connection final : public Pollable,
                         private ServerProtocol::Host,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(Worker& worker, int fd, std::string peer_address, const TlsContext* tls);
  ~Connection() override;

  void start();
  void on_ready(std::uint32_t events) override;
  // Ends the connection if its deadline has passed, or if draining and silent for `quiet`.
  void check_deadline(Instant now, bool draining, std::chrono::nanoseconds quiet);
  // Closes the socket at once.
  void close();
  // Whether a handler or a stream of it is running.
  bool at_work() const noexcept {
    const auto phase = protocol_.phase();
    return phase == ServerProtocol::Phase::busy || phase == ServerProtocol::Phase::streaming;
  }
  // Asks the handler at work, if there is one, to give up. Its answer goes nowhere.
  void cancel() { cancel_.emit(asio::cancellation_type::terminal); }
  std::size_t index = 0;  // its place in the worker's list

 private:
  friend class SocketBodyWriter;

  static constexpr std::size_t unsent_high = 256 * 1024;  // a stream waits above this

  // What a deadline is for: it begins anew with each.
  struct Stage {
    ServerProtocol::Phase phase = ServerProtocol::Phase::closing;
    bool blocked = false;        // the client is to read first
    std::uint64_t answered = 0;  // requests so far
    bool operator==(const Stage&) const = default;
  };

  void run(Task<Response> task) override;
  void run(BodyStream stream) override;
  std::string_view peer_address() const override { return peer_address_; }
  bool secure() const override { return tls_ != nullptr; }
  Instant now() const override { return worker_.now(); }
  std::string_view date() const override { return worker_.date(); }
  bool draining() const override { return worker_.draining(); }
  bool input_waiting() const override;
  Task<Result<bool>> wait_for_input() override;
  void input_taken() override { update_interest(); }

  // Runs a step of which nothing may leave towards the event loop: a failure (no memory, say) is this connection's end,
  // not the server's.
  template <class Step>
  void guarded(Step step) noexcept {
    try {
      step();
    } catch (const std::exception& failure) {
      close_after(failure);
    }
  }
  void close_after(const std::exception& failure) noexcept;
  void handle(std::uint32_t events);
  void enforce_deadline(Instant now, bool draining, std::chrono::nanoseconds quiet);
  void read_some();
  void received(std::string_view bytes, std::string& out);
  void input_ended();
  void deliver(std::string& out);  // encrypts if need be, sends, keeps the rest
  void flush_unsent();
  void update_interest();
  void update_deadline();
  void after_output();
  void begin_lingering();
  void wake_writers();
  void wake_reader();
  Task<void> run_stream(BodyStream stream);
  bool open() const noexcept { return fd_ >= 0; }

  Worker& worker_;
  asio::cancellation_signal cancel_;
  int fd_;
  std::string peer_address_;
  std::unique_ptr<TlsSession> tls_;
  ServerProtocol protocol_;
  std::string unsent_;
  std::size_t unsent_sent_ = 0;      // of unsent_, how much has left
  Timer* waiting_writer_ = nullptr;  // a stream that waits for unsent_ to drain
  Timer* waiting_reader_ = nullptr;  // a handler that waits for more of its request's body
  Instant deadline_;
  Stage stage_;
  Instant stage_started_;
  Instant last_active_;
  Instant last_sent_;
  std::size_t drained_bytes_ = 0;  // of unsent_, since stage_started_
  std::uint32_t interest_ = 0;
  bool peer_finished_ = false;
  bool lingering_ = false;
};

}  // namespace common::http
