// The coroutines of a connection: a handler that makes an answer, and a stream that writes a body.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>

#include "common/http/connection.h"

namespace common::http {

// A stream's end of the connection. Holds the connection alive; the socket may be gone all the same.
class SocketBodyWriter final : public BodyWriter {
 public:
  explicit SocketBodyWriter(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  Task<Result<void>> write(std::string bytes) override {
    if (!connection_->open() || connection_->peer_finished_) co_return gone();
    std::string& out = connection_->worker_.scratch_out();
    out.clear();
    connection_->protocol_.stream_write(bytes, out);
    connection_->deliver(out);
    while (connection_->open() && connection_->unsent_.size() - connection_->unsent_sent_ > Connection::unsent_high) {
      Timer drained(co_await asio::this_coro::executor, Timer::time_point::max());
      connection_->waiting_writer_ = &drained;
      boost::system::error_code woken;
      co_await drained.async_wait(asio::redirect_error(use_task, woken));
      connection_->waiting_writer_ = nullptr;
    }
    if (!connection_->open()) co_return gone();
    co_return Result<void>{};
  }

  bool ending() const noexcept override {
    return !connection_->open() || connection_->peer_finished_ || connection_->draining();
  }

 private:
  static Error gone() { return {Failure::closed, "the client went away"}; }
  std::shared_ptr<Connection> connection_;
};

Task<Result<bool>> Connection::wait_for_input() {
  if (!open() || peer_finished_) co_return false;
  Timer arrived(co_await asio::this_coro::executor, worker_.limits().idle_timeout);
  waiting_reader_ = &arrived;
  boost::system::error_code woken;
  co_await arrived.async_wait(asio::redirect_error(use_task, woken));
  waiting_reader_ = nullptr;
  if (!woken) co_return Error{Failure::timed_out, "nothing more of the body came"};
  co_return open() && !peer_finished_;
}

void Connection::run(Task<Response> task) {
  worker_.task_began();
  auto ended = [self = shared_from_this()](const std::exception_ptr& failure, Response response) {
    self->worker_.task_ended();
    self->worker_.refresh_now();
    self->guarded([&] {
      std::string out;
      self->protocol_.completed(std::move(response), failure, out);
      self->deliver(out);
    });
  };
  asio::co_spawn(worker_.executor(), std::move(task), asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
}

void Connection::run(BodyStream stream) {
  worker_.task_began();
  auto ended = [self = shared_from_this()](const std::exception_ptr& failure) {
    if (self->open()) log_escape("response body", failure);
    self->worker_.task_ended();
    self->worker_.refresh_now();
    self->guarded([&] {
      std::string out;
      self->protocol_.stream_ended(!failure && self->open(), out);
      self->deliver(out);
    });
  };
  asio::co_spawn(worker_.executor(), run_stream(std::move(stream)),
                 asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
}

Task<void> Connection::run_stream(BodyStream stream) {
  // The head goes first: let the answer that carries this stream leave before the stream writes.
  co_await asio::post(worker_.executor(), use_task);
  SocketBodyWriter writer(shared_from_this());
  co_await stream(writer);
}

}  // namespace common::http
