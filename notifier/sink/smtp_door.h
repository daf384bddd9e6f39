// The mail server of notifier_sink: as much SMTP (RFC 5321) as a client needs to hand over a message, and every way to
// fail that --fail names.
//
// A message is written down when its end has come, before "250" is said: that is when a mail server becomes
// responsible. Its delivery key is the left side of Message-ID; one without is taken and not written down.
// Lines are bounded (4 KiB), messages too (1 MiB). Belongs to the thread of its executor.

#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "common/runtime/task.h"
#include "notifier/sink/sink.h"

namespace notifier {

class SmtpDoor {
 public:
  // Binds. Throws boost::system::system_error when it cannot.
  SmtpDoor(common::Executor executor, const std::string& host, std::uint16_t port, Sink& sink);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  common::Task<> accept_connections();
  // Closes the listener and all connections.
  void stop();

 private:
  using Tcp = boost::asio::ip::tcp;
  using Socket = boost::asio::basic_stream_socket<Tcp, common::Executor>;

  common::Task<> serve(std::shared_ptr<Socket> socket);
  common::Task<bool> answer(Socket& socket, std::string line);
  common::Task<bool> take_data(Socket& socket, std::string& input);

  const common::Executor executor_;
  boost::asio::basic_socket_acceptor<Tcp, common::Executor> acceptor_;
  Sink& sink_;
  std::set<std::shared_ptr<Socket>> open_;
};

}  // namespace notifier
