#include "tests/support/crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace testing {

std::size_t raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Crowd::~Crowd() {
  for (const auto& connection : connections_) {
    ::close(connection.fd);
  }
}

void Crowd::join(std::uint16_t port, std::size_t count, std::string_view bytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!connected) throw std::runtime_error(std::string("crowd: ") + std::strerror(errno));
    connections_.push_back({fd});
    if (!bytes.empty()) ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

bool Crowd::read_now(Connection& connection) {
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;
    const auto kept = std::min(static_cast<std::size_t>(got), sizeof connection.heard - connection.heard_bytes);
    std::memcpy(connection.heard + connection.heard_bytes, buffer, kept);
    connection.heard_bytes += kept;
  }
}

bool Crowd::read_each() {
  for (auto& connection : connections_) {
    pollfd entry{connection.fd, POLLIN, 0};
    if (::poll(&entry, 1, 10'000) != 1 || !read_now(connection)) return false;
  }
  return true;
}

void Crowd::send_each(std::string_view bytes) {
  for (const auto& connection : connections_) {
    ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

std::size_t Crowd::drop_ended() {
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (read_now(connections_[i])) continue;
    ::close(connections_[i].fd);
    dropped_.push_back(connections_[i]);
    connections_[i] = connections_.back();
    connections_.pop_back();
  }
  return connections_.size();
}

std::size_t Crowd::told(std::string_view beginning) const {
  return static_cast<std::size_t>(std::count_if(dropped_.begin(), dropped_.end(), [&](const auto& connection) {
    return std::string_view(connection.heard, connection.heard_bytes).starts_with(beginning);
  }));
}

}  // namespace testing
