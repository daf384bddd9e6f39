// A ServerProtocol without a socket: everything that connection.h does for it, one call at a time.
//
//   ProtocolDriver wire(service);
//   wire.receive("GET / HTTP/1.1\r\n…");
//   wire.settle();                        // coroutines run until all have ended or wait for something
//   wire.take();                          // what was sent
//
// Handlers get real coroutines; a Gate is what they wait at. No clock runs: now() is what the test sets.

#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/http/server_protocol.h"

namespace testing {

class ProtocolDriver : private common::http::ServerProtocol::Host {
 public:
  explicit ProtocolDriver(common::http::Service& service);
  ~ProtocolDriver() override;

  void receive(std::string_view bytes) { protocol_.receive(bytes, out_); }
  // As receive, but in pieces of one byte.
  void receive_byte_by_byte(std::string_view bytes) {
    for (const char& byte : bytes)
      receive({&byte, 1});
  }
  // Goes on as the connection does when `out` was sent: with input left because of out_high.
  void resume() { protocol_.resume(out_); }
  void time_out() { protocol_.timed_out(out_); }
  void settle();
  std::string take() { return std::exchange(out_, {}); }
  std::string& output() noexcept { return out_; }  // for what the protocol is asked directly

  common::http::ServerProtocol& protocol() noexcept { return protocol_; }
  common::http::ServerProtocol::Phase phase() const noexcept { return protocol_.phase(); }
  common::asio::io_context& io() noexcept { return io_; }

  bool drains = false;
  bool client_gone = false;  // a stream's writes fail
  bool over_tls = false;
  common::Instant time{std::chrono::hours{1}};
  int tasks_started = 0;
  int streams_started = 0;

 private:
  using BodyStream = common::http::BodyStream;

  class Writer;
  void run(common::Task<common::http::Response> task) override;
  void run(BodyStream stream) override;
  common::Task<void> run_stream(BodyStream stream);

  std::string_view peer_address() const override { return "192.0.2.7"; }
  bool secure() const override { return over_tls; }
  common::Instant now() const override { return time; }
  std::string_view date() const override { return "Sun, 22 Nov 2026 04:46:18 GMT"; }
  bool draining() const override { return drains; }
  bool input_waiting() const override { return false; }

  common::http::ExchangePool pool_;
  common::http::ServerProtocol protocol_;
  std::string out_;
  common::asio::io_context io_;  // last: its coroutines use all the rest
};

// Where a coroutine waits until the test lets it go on.
class Gate {
 public:
  explicit Gate(common::asio::io_context& io);
  common::Task<void> wait();
  // All that wait go on, at the next settle().
  void open();

 private:
  common::Timer timer_;
};

}  // namespace testing
