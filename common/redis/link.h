// A socket to Redis that speaks RESP: opened within a deadline, closed at any time. Belongs to its executor's thread.
//
// Opening ends with a PING that Redis answered: a frozen process whose kernel still accepts connections, or one that is
// still loading its data, is not "open".

#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/redis/endpoint.h"
#include "common/redis/protocol.h"
#include "common/runtime/task.h"

namespace common::redis {

// Which Redis it is: a process that was started again has another run id, whatever it has loaded from its disk.
struct ServerIdentity {
  std::string run_id;
  std::chrono::seconds uptime{0};
};

class Link {
 public:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

  // `endpoint` outlives this. `asks_identity`: open() also sends INFO server, for identity().
  Link(Executor executor, const Endpoint& endpoint, bool asks_identity = false)
      : endpoint_(endpoint), asks_identity_(asks_identity), socket_(executor) {}

  // Looks the host up, connects, sends AUTH, SELECT and PING, and reads their answers. Call again after close().
  // Errors: `unavailable`, or `timed_out`.
  Task<Result<void>> open(std::chrono::nanoseconds limit);

  // Of the Redis that the last open() reached, if it was asked for.
  const ServerIdentity& identity() const noexcept { return identity_; }

  // Waits for bytes; whole replies are then to be had from next(). Error `closed` when the connection has ended.
  Task<Result<void>> receive();
  Result<std::optional<Reply>> next() { return reader_->next(); }

  // Whatever waits on this link ends.
  void close();

  Socket& socket() noexcept { return socket_; }

 private:
  Task<Result<void>> connect(Instant deadline);
  Task<Result<void>> greet();
  Task<Result<Reply>> receive_one();

  const Endpoint& endpoint_;
  const bool asks_identity_;
  ServerIdentity identity_;
  Socket socket_;
  std::optional<ReplyReader> reader_;  // of this connection; the next one begins with a new one
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace common::redis
