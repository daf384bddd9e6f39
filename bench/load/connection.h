// One keep-alive connection of a load generator, and how far its current exchange has come.
//
// A state machine that does no waiting: send() and receive() do what the socket lets them do at
// once. It has at most one request under way, and checks that the answer to it is whole, well
// formed and nothing more.

#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/core/endpoint.h"
#include "common/clock.h"

namespace bench::load {

// A numeric socket address, resolved once.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  // Throws std::runtime_error when the host has no address.
  static Address of(const Endpoint& endpoint);
};

enum class Progress {
  waiting,   // nothing to do until the socket is ready again
  answered,  // the answer is complete: see status()
  broken,    // the connection is closed: see problem() and lost_request()
};

class Connection {
 public:
  Connection() = default;
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to connect, without waiting. False, with problem(), if that fails at once.
  bool open(const Address& address);
  void close() noexcept;

  // While connecting: whether it is through. `broken` if refused, `answered` never.
  Progress finish_connecting();

  // Starts a request whose latency counts from `due`. Only when ready().
  Progress send(std::string_view request, common::Instant due, bool head_request);
  Progress send_rest();

  // Reads what there is, through `buffer`, which all connections of a thread share.
  Progress receive(std::string& buffer);

  int fd() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  bool connecting() const noexcept { return connecting_; }
  bool busy() const noexcept { return busy_; }
  bool ready() const noexcept { return is_open() && !connecting_ && !busy_; }
  bool wants_to_write() const noexcept { return connecting_ || !unsent_.empty(); }

  common::Instant due() const noexcept { return due_; }
  int status() const noexcept { return status_; }
  bool closed_by_server() const noexcept { return close_after_; }  // it announced to close
  std::uint64_t received() const noexcept { return received_; }    // bytes of the current answer
  const std::string& problem() const noexcept { return problem_; }
  bool lost_request() const noexcept { return lost_request_; }  // broke with one under way

 private:
  Progress consume(std::string_view bytes);
  Progress break_off(std::string problem);

  int fd_ = -1;
  bool connecting_ = false;
  bool busy_ = false;
  bool head_request_ = false;
  bool in_body_ = false;
  bool close_after_ = false;
  bool lost_request_ = false;
  int status_ = 0;
  std::uint64_t body_left_ = 0;
  std::uint64_t received_ = 0;
  common::Instant due_{};
  std::string unsent_;
  std::string head_;  // of an answer that came in pieces
  std::string problem_;
};

}  // namespace bench::load
