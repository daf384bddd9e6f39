#include "common/redis/link.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "common/resilience/deadline.h"
#include "common/resolve.h"

namespace common::redis {

using boost::system::error_code;

namespace {

// The value of "name:value" in what INFO answers; empty when there is none.
std::string_view info_field(std::string_view info, std::string_view name) {
  for (auto at = info.find(name); at != std::string_view::npos; at = info.find(name, at + 1)) {
    const bool begins = at == 0 || info[at - 1] == '\n';
    const std::string_view rest = info.substr(at + name.size());
    if (begins && rest.starts_with(':')) return rest.substr(1, rest.find_first_of("\r\n") - 1);
  }
  return {};
}

ServerIdentity identity_of(std::string_view info) {
  ServerIdentity identity{std::string(info_field(info, "run_id")), std::chrono::seconds{0}};
  const std::string_view uptime = info_field(info, "uptime_in_seconds");
  std::int64_t seconds = 0;
  std::from_chars(uptime.data(), uptime.data() + uptime.size(), seconds);
  identity.uptime = std::chrono::seconds{seconds};
  return identity;
}

}  // namespace

Task<Result<void>> Link::open(std::chrono::nanoseconds limit) {
  reader_.emplace();
  auto opened = co_await with_deadline(connect(std::chrono::steady_clock::now() + limit), limit);
  if (opened.has_value()) co_return opened;
  close();
  const bool late = opened.error().kind == Failure::timed_out || opened.error().kind == Failure::unknown_outcome;
  co_return Error{late ? Failure::timed_out : Failure::unavailable,
                  endpoint_.name() + ": " + (late ? "no answer in time" : opened.error().message)};
}

Task<Result<void>> Link::connect(Instant deadline) {
  auto addresses = co_await resolve(socket_.get_executor(), endpoint_.host, endpoint_.port, deadline);
  if (addresses.has_error()) co_return addresses.error();
  error_code ec = asio::error::host_not_found;
  for (const auto& address : *addresses) {
    close();
    co_await socket_.async_connect(address, asio::redirect_error(use_task, ec));
    if (!ec) break;
  }
  if (ec) co_return Error{Failure::unavailable, ec.message()};
  socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  socket_.non_blocking(true, ec);
  co_return co_await greet();
}

// One write, and as many answers as commands.
Task<Result<void>> Link::greet() {
  std::string hello;
  const auto say = [&](std::initializer_list<std::string_view> command) {
    append_command(hello, Arguments(command.begin(), command.size()));
  };
  std::size_t commands = 1;
  if (!endpoint_.password.empty()) {
    if (endpoint_.user.empty()) {
      say({"AUTH", endpoint_.password});
    } else {
      say({"AUTH", endpoint_.user, endpoint_.password});
    }
    ++commands;
  }
  if (endpoint_.database != 0) {
    say({"SELECT", std::to_string(endpoint_.database)});
    ++commands;
  }
  say({"PING"});
  if (asks_identity_) {
    say({"INFO", "server"});
    ++commands;
  }
  error_code ec;
  co_await asio::async_write(socket_, asio::buffer(hello), asio::redirect_error(use_task, ec));
  if (ec) co_return Error{Failure::closed, ec.message()};
  for (; commands > 0; --commands) {
    auto reply = co_await receive_one();
    if (reply.has_error()) co_return reply.error();
    if (reply->is_error()) co_return Error{Failure::unavailable, reply->text};
    if (asks_identity_ && commands == 1) identity_ = identity_of(reply->text);
  }
  co_return Result<void>{};
}

Task<Result<Reply>> Link::receive_one() {
  for (;;) {
    auto reply = next();
    if (reply.has_error()) co_return reply.error();
    if (*reply) co_return std::move(**reply);
    auto received = co_await receive();
    if (received.has_error()) co_return received.error();
  }
}

Task<Result<void>> Link::receive() {
  error_code ec;
  const std::size_t size = co_await socket_.async_read_some(asio::buffer(buffer_), asio::redirect_error(use_task, ec));
  if (ec) co_return Error{Failure::closed, ec.message()};
  reader_->feed({buffer_.data(), size});
  co_return Result<void>{};
}

void Link::close() {
  error_code ec;
  socket_.close(ec);
}

}  // namespace common::redis
