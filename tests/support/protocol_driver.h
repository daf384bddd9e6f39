// A ServerProtocol without a socket: everything that connection.h does for it, one call at a time.
//
//   ProtocolDriver wire(service);
//   wire.receive("GET / HTTP/1.1\r\n…");
//   wire.settle();                        // coroutines run until all have ended or wait for something
//   wire.take();                          // what was sent
//
// Handlers get real coroutines; a Gate is what they wait at. No clock runs: now() is what the test sets.

#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/http/server_protocol.h"

namespace testing {

class ProtocolDriver : private common::http::ServerProtocol::Host {
 public:
  explicit ProtocolDriver(common::http::Service& service) : protocol_(service, pool_, *this) {}
  ~ProtocolDriver() override = default;

  void receive(std::string_view bytes) { protocol_.receive(bytes, out_); }
  // As receive, but in pieces of one byte.
  void receive_byte_by_byte(std::string_view bytes) {
    for (const char& byte : bytes)
      receive({&byte, 1});
  }
  // Goes on as the connection does when `out` was sent: with input left because of out_high.
  void resume() { protocol_.resume(out_); }
  void time_out() { protocol_.timed_out(out_); }
  void settle() {
    io_.restart();
    io_.poll();
  }
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

  class Writer final : public common::http::BodyWriter {
   public:
    explicit Writer(ProtocolDriver& driver) : driver_(driver) {}
    common::Task<common::Result<void>> write(std::string bytes) override {
      if (driver_.client_gone) co_return common::Error{common::Failure::closed, "gone"};
      driver_.protocol_.stream_write(bytes, driver_.out_);
      co_return common::Result<void>{};
    }
    bool ending() const noexcept override { return driver_.client_gone || driver_.drains; }

   private:
    ProtocolDriver& driver_;
  };

  void run(common::Task<common::http::Response> task) override {
    ++tasks_started;
    common::asio::co_spawn(io_, std::move(task),
                           [this](const std::exception_ptr& failure, common::http::Response response) {
                             protocol_.completed(std::move(response), failure, out_);
                           });
  }

  void run(BodyStream stream) override {
    ++streams_started;
    common::asio::co_spawn(io_, run_stream(std::move(stream)), [this](const std::exception_ptr& failure) {
      protocol_.stream_ended(!failure && !client_gone, out_);
    });
  }

  common::Task<void> run_stream(BodyStream stream) {
    co_await common::asio::post(io_.get_executor(), common::use_task);
    Writer writer(*this);
    co_await stream(writer);
  }

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
  explicit Gate(common::asio::io_context& io) : timer_(io, common::Timer::time_point::max()) {}
  common::Task<void> wait() {
    boost::system::error_code opened;
    co_await timer_.async_wait(common::asio::redirect_error(common::use_task, opened));
  }
  // All that wait go on, at the next settle().
  void open() { timer_.cancel(); }

 private:
  common::Timer timer_;
};

}  // namespace testing
