#include "bench/load/exchange.h"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "bench/load/connection.h"
#include "bench/load/response_parser.h"

namespace bench::load {
namespace {

// A blocking socket whose every call gives up after the timeout.
class Socket {
 public:
  Socket(const Address& address, common::Duration timeout)
      : fd_(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
    const timeval limit{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0;
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool send(std::string_view bytes) {
    return connected_ && ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  bool receive(std::string& onto) {
    std::array<char, 16384> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    onto.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace

Exchange exchange(const Endpoint& endpoint, const RequestOptions& options, common::Duration timeout) {
  Request request(options, endpoint);
  Socket socket(Address::of(endpoint), timeout);
  const std::string where = options.method + " " + options.target + " at " + endpoint.authority();
  if (!socket.send(request.bytes(0))) throw std::runtime_error("cannot send " + where);
  std::string bytes;
  for (;;) {
    const ResponseHead head = parse_response_head(bytes, request.is_head());
    if (head.state == ParseState::malformed) throw std::runtime_error(where + ": " + head.problem);
    if (head.state == ParseState::complete && bytes.size() >= head.head_bytes + head.body_bytes) {
      return {.status = head.status,
              .head = bytes.substr(0, head.head_bytes),
              .body = bytes.substr(head.head_bytes, head.body_bytes)};
    }
    if (!socket.receive(bytes)) throw std::runtime_error(where + ": no whole answer came");
  }
}

}  // namespace bench::load
