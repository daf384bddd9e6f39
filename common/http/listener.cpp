#include "common/http/listener.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "common/log.h"

namespace common::http {
namespace {

using Endpoint = asio::ip::tcp::endpoint;

constexpr int accepts_per_turn = 64;

Endpoint endpoint_of(const std::string& host, std::uint16_t port) {
  if (host == "localhost") return {asio::ip::address_v4::loopback(), port};
  std::string bare = host;
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') bare = bare.substr(1, bare.size() - 2);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(bare, error);
  if (error) throw std::runtime_error("--listen " + host + ": not an address (write 127.0.0.1, 0.0.0.0, [::1], …)");
  return {address, port};
}

std::string peer_text(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof text);
  } else {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, address.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &address, text, sizeof text);
    }
  }
  return text;
}

}  // namespace

Listener::Listener(const std::string& host, std::uint16_t port) {
  const Endpoint wanted = endpoint_of(host, port);
  const std::string name =
      (wanted.address().is_v6() ? "[" + wanted.address().to_string() + "]" : wanted.address().to_string());
  fd_ = ::socket(wanted.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd_ < 0 || ::bind(fd_, wanted.data(), static_cast<socklen_t>(wanted.size())) != 0 ||
      ::listen(fd_, SOMAXCONN) != 0) {
    const int reason = errno;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    throw std::runtime_error(name + ":" + std::to_string(port) +
                             (reason == EADDRINUSE ? " is in use" : std::string(": ") + std::strerror(reason)));
  }
  Endpoint bound;
  socklen_t size = static_cast<socklen_t>(bound.capacity());
  ::getsockname(fd_, bound.data(), &size);
  bound.resize(size);
  port_ = bound.port();
  host_ = host == "localhost" ? host : name;
}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

void Listener::start(Poller& home, Accepted accepted) {
  home_ = &home;
  accepted_ = std::move(accepted);
  home_->add(fd_, EPOLLIN, this);
}

void Listener::on_ready(std::uint32_t) {
  accept_batch();
}

void Listener::retry() {
  if (!paused_ || fd_ < 0) return;
  paused_ = false;
  home_->modify(fd_, EPOLLIN, this);
}

// False when nothing is left to accept.
bool Listener::accept_batch() {
  bool any = false;
  for (int i = 0; i < accepts_per_turn; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      accepted_(fd, peer_text(peer));
      any = true;
      continue;
    }
    if (errno == EAGAIN) return false;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::error("cannot accept", {{"reason", std::strerror(errno)}});
      paused_ = true;  // level-triggered: it would spin; the server's tick retries
      home_->modify(fd_, 0, this);
      return false;
    }
    // Anything else is that one connection's trouble (ECONNABORTED, EPROTO, …), not ours.
  }
  return any;
}

// A packet filter on the socket that drops SYNs and nothing else: a handshake that has begun ends.
void Listener::refuse_new() {
  if (fd_ < 0) return;
  constexpr std::uint32_t flags_offset = 13;  // in the TCP header, where a socket's filter starts
  constexpr std::uint32_t syn = 0x02;
  constexpr std::uint32_t ack = 0x10;
  sock_filter drop_syns[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_offset),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, syn | ack),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, syn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  const sock_fprog program{std::size(drop_syns), drop_syns};
  if (::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    log::debug("cannot filter SYNs", {{"reason", std::strerror(errno)}});  // then the close may reset some
  }
}

void Listener::stop() {
  if (fd_ < 0) return;
  while (accept_batch()) {
  }
  home_->remove(fd_, this);
  ::close(fd_);
  fd_ = -1;
}

}  // namespace common::http
