#include "tests/support/protocol_driver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace testing {

ProtocolDriver::ProtocolDriver(common::http::Service& service) : protocol_(service, pool_, *this) {}
ProtocolDriver::~ProtocolDriver() = default;

void ProtocolDriver::settle() {
  io_.restart();
  io_.poll();
}

class ProtocolDriver::Writer final : public common::http::BodyWriter {
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

void ProtocolDriver::run(common::Task<common::http::Response> task) {
  ++tasks_started;
  common::asio::co_spawn(io_, std::move(task),
                         [this](const std::exception_ptr& failure, common::http::Response response) {
                           protocol_.completed(std::move(response), failure, out_);
                         });
}

void ProtocolDriver::run(BodyStream stream) {
  ++streams_started;
  common::asio::co_spawn(io_, run_stream(std::move(stream)), [this](const std::exception_ptr& failure) {
    protocol_.stream_ended(!failure && !client_gone, out_);
  });
}

common::Task<void> ProtocolDriver::run_stream(BodyStream stream) {
  co_await common::asio::post(io_.get_executor(), common::use_task);
  Writer writer(*this);
  co_await stream(writer);
}

Gate::Gate(common::asio::io_context& io) : timer_(io, common::Timer::time_point::max()) {}

common::Task<void> Gate::wait() {
  boost::system::error_code opened;
  co_await timer_.async_wait(common::asio::redirect_error(common::use_task, opened));
}

void Gate::open() {
  timer_.cancel();
}

}  // namespace testing
