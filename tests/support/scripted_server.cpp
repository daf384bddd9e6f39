#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "common/text.h"

namespace testing {

std::string ScriptedServer::Request::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && common::iequals(line.substr(0, colon), name)) {
      const auto value = line.find_first_not_of(' ', colon + 1);
      return value == std::string_view::npos ? std::string() : std::string(line.substr(value));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return {};
}

bool ScriptedServer::Peer::read_more() {
  char buffer[16 * 1024];
  const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
  if (got > 0) unread_.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

std::optional<ScriptedServer::Request> ScriptedServer::Peer::read_request() {
  std::size_t head_end = 0;
  while ((head_end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  Request request{unread_.substr(0, head_end + 4), {}};
  const std::string length = request.header("Content-Length");
  std::size_t bytes = 0;
  std::from_chars(length.data(), length.data() + length.size(), bytes);
  while (unread_.size() < head_end + 4 + bytes) {
    if (!read_more()) return std::nullopt;
  }
  request.body = unread_.substr(head_end + 4, bytes);
  unread_.erase(0, head_end + 4 + bytes);
  return request;
}

std::optional<std::string> ScriptedServer::Peer::receive() {
  if (unread_.empty() && !read_more()) return std::nullopt;
  return std::exchange(unread_, {});
}

void ScriptedServer::Peer::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the client has gone: the next read says so
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void ScriptedServer::Peer::wait_for_close() const {
  char buffer[4096];
  while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
  }
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "scripted server");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) {
      ::shutdown(fd, SHUT_RDWR);
    }
  }
  for (auto& thread : threads_) {
    thread.join();
  }
  ::close(listener_);
}

void ScriptedServer::accept_connections() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = accepted_++] { serve(fd, number); });
  }
}

void ScriptedServer::serve(int fd, int number) {
  Peer peer(fd, number);
  script_(peer);
  const std::lock_guard lock(mutex_);  // closed under the lock: its number may be given out again
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  ::close(fd);
}

CollectingServer::CollectingServer(std::string body, std::string content_type)
    : answer_("HTTP/1.1 200 OK\r\nContent-Type: " + std::move(content_type) +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body),
      server_([this](ScriptedServer::Peer& peer) {
        while (auto request = peer.read_request()) {
          {
            const std::lock_guard lock(mutex_);
            requests_.push_back(std::move(*request));
          }
          peer.send(answer_);
        }
      }) {}

std::vector<ScriptedServer::Request> CollectingServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace testing
