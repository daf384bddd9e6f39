#include "bench/load/connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "bench/load/response_parser.h"

namespace bench::load {

Address Address::of(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int error = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    throw std::runtime_error("no address for " + endpoint.host + ": " + gai_strerror(error));
  }
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

bool Connection::open(const Address& address) {
  close();
  problem_.clear();
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    problem_ = std::string("no socket: ") + std::strerror(errno);
    return false;
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connecting_ = true;
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 && errno != EINPROGRESS) {
    break_off(std::string("cannot connect: ") + std::strerror(errno));
    return false;
  }
  return true;
}

void Connection::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  connecting_ = busy_ = in_body_ = close_after_ = false;
  unsent_.clear();
  head_.clear();
}

Progress Connection::break_off(std::string problem) {
  lost_request_ = busy_;
  close();
  problem_ = std::move(problem);
  return Progress::broken;
}

Progress Connection::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return break_off(std::string("cannot connect: ") + std::strerror(error));
  connecting_ = false;
  return Progress::waiting;
}

Progress Connection::send(std::string_view request, common::Instant due, bool head_request) {
  due_ = due;
  busy_ = true;
  head_request_ = head_request;
  in_body_ = false;
  received_ = 0;
  const ssize_t sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(request.size())) return Progress::waiting;
  if (sent < 0 && errno != EAGAIN) return break_off(std::string("cannot send: ") + std::strerror(errno));
  unsent_ = request.substr(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  return Progress::waiting;
}

Progress Connection::send_rest() {
  const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return break_off(std::string("cannot send: ") + std::strerror(errno));
  unsent_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  return Progress::waiting;
}

Progress Connection::receive(std::string& buffer) {
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Progress::waiting;
  if (got < 0) return break_off(std::string("cannot receive: ") + std::strerror(errno));
  if (got == 0) return break_off(busy_ ? "closed before the answer was whole" : "closed while idle");
  received_ += static_cast<std::uint64_t>(got);
  return consume(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
}

Progress Connection::consume(std::string_view bytes) {
  if (!busy_) return break_off("bytes that no request asked for");
  if (!in_body_) {
    if (!head_.empty()) bytes = head_.append(bytes);
    const ResponseHead head = parse_response_head(bytes, head_request_);
    if (head.state == ParseState::malformed) return break_off(head.problem);
    if (head.state == ParseState::incomplete) {
      if (head_.empty()) head_ = bytes;
      return Progress::waiting;
    }
    status_ = head.status;
    body_left_ = head.body_bytes;
    close_after_ = head.close;
    in_body_ = true;
    bytes.remove_prefix(head.head_bytes);
  }
  const auto taken = std::min<std::uint64_t>(body_left_, bytes.size());
  body_left_ -= taken;
  const bool more_than_announced = taken < bytes.size();
  if (body_left_ > 0) return Progress::waiting;
  if (more_than_announced) return break_off("more bytes than Content-Length announced");
  head_.clear();
  busy_ = false;
  return Progress::answered;
}

}  // namespace bench::load
