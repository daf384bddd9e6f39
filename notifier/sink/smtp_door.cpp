#include "notifier/sink/smtp_door.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "common/text.h"

namespace notifier {

namespace asio = boost::asio;
using boost::system::error_code;
using common::Task;
using common::use_task;

namespace {

constexpr std::size_t line_max = 4096;
constexpr std::size_t message_max = 1024 * 1024;

bool begins(std::string_view line, std::string_view command) {
  return line.size() >= command.size() && common::iequals(line.substr(0, command.size()), command);
}

// "<KEY@host>" of the header Message-ID; empty when there is none. '=40' and the like are not undone: keys need none.
std::string key_of(std::string_view message) {
  for (std::size_t at = 0; at < message.size();) {
    const auto end = std::min(message.find("\r\n", at), message.size());
    const auto line = message.substr(at, end - at);
    if (line.empty()) break;
    if (begins(line, "Message-ID:")) {
      const auto open = line.find('<');
      const auto close = line.rfind("@");
      if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
      const auto decoded = common::percent_decode(line.substr(open + 1, close - open - 1));
      return decoded.value_or("");
    }
    at = end + 2;
  }
  return {};
}

}  // namespace

SmtpDoor::SmtpDoor(common::Executor executor, const std::string& host, std::uint16_t port, Sink& sink)
    : executor_(executor), acceptor_(executor, Tcp::endpoint(asio::ip::make_address(host), port)), sink_(sink) {}

Task<> SmtpDoor::accept_connections() {
  for (;;) {
    error_code failed;
    auto socket = std::make_shared<Socket>(executor_);
    co_await acceptor_.async_accept(*socket, asio::redirect_error(use_task, failed));
    if (failed == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (failed) continue;
    open_.insert(socket);
    common::spawn(executor_, "smtp connection", serve(socket));
  }
}

void SmtpDoor::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& socket : open_)
    socket->close(ignored);
}

Task<bool> SmtpDoor::answer(Socket& socket, std::string line) {
  line += "\r\n";
  error_code failed;
  co_await asio::async_write(socket, asio::buffer(line), asio::redirect_error(use_task, failed));
  co_return !failed;
}

Task<> SmtpDoor::serve(std::shared_ptr<Socket> socket) {
  struct Leave {
    std::set<std::shared_ptr<Socket>>& open;
    const std::shared_ptr<Socket>& socket;
    ~Leave() { open.erase(socket); }
  } leave{open_, socket};
  std::string input;
  bool going_on = co_await answer(*socket, "220 sink ESMTP");
  while (going_on) {
    error_code failed;
    const auto size = co_await asio::async_read_until(*socket, asio::dynamic_buffer(input, line_max), "\r\n",
                                                      asio::redirect_error(use_task, failed));
    if (failed) co_return;
    const std::string line = input.substr(0, size - 2);
    input.erase(0, size);
    if (begins(line, "EHLO")) {
      going_on = co_await answer(*socket, "250-sink\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES");
    } else if (begins(line, "DATA")) {
      going_on = co_await take_data(*socket, input);
    } else if (begins(line, "QUIT")) {
      co_await answer(*socket, "221 2.0.0 bye");
      co_return;
    } else if (begins(line, "HELO") || begins(line, "MAIL FROM:") || begins(line, "RCPT TO:") || begins(line, "RSET") ||
               begins(line, "NOOP")) {
      going_on = co_await answer(*socket, "250 2.0.0 ok");
    } else {
      going_on = co_await answer(*socket, "502 5.5.1 not known here");
    }
  }
}

Task<bool> SmtpDoor::take_data(Socket& socket, std::string& input) {
  const auto fault = sink_.fault();
  const bool is_code = fault && (*fault)[0] >= '4' && (*fault)[0] <= '5';
  if (is_code) {
    const bool last = *fault == "421";
    const bool said = co_await answer(socket, *fault + " " + (*fault)[0] + ".3.0 told to fail");
    co_return said && !last;
  }
  const bool said = co_await answer(socket, "354 go on");
  if (!said) co_return false;
  error_code failed;
  const auto size = co_await asio::async_read_until(socket, asio::dynamic_buffer(input, message_max), "\r\n.\r\n",
                                                    asio::redirect_error(use_task, failed));
  if (failed) co_return false;
  const std::string message = input.substr(0, size);
  input.erase(0, size);
  if (fault && *fault == "hang") {
    co_await common::sleep_for(std::chrono::minutes{10});
    co_return false;
  }
  if (fault && *fault == "slow") co_await common::sleep_for(std::chrono::seconds{1});
  if (auto line = line_of_key(key_of(message))) sink_.take(std::move(*line));
  if (fault && (*fault == "cut" || *fault == "reset")) {
    error_code ignored;
    socket.close(ignored);
    co_return false;
  }
  co_return co_await answer(socket, "250 2.0.0 taken");
}

}  // namespace notifier
