#include "tests/bench/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace testing {

std::string http_answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

FakeServer::FakeServer(Answer answer)
    : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 128) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the fake server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  stop_ = true;
  thread_.join();
  close(listener_);
}

void FakeServer::serve() {
  std::map<int, std::string> connections;  // what each has sent so far
  while (!stop_) {
    std::vector<pollfd> waiting{{.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const auto& [fd, text] : connections)
      waiting.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    poll(waiting.data(), waiting.size(), 20);
    for (const pollfd& ready : waiting) {
      if (ready.revents == 0) continue;
      if (ready.fd == listener_) {
        connections[accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)];
        continue;
      }
      std::array<char, 4096> buffer;
      const ssize_t got = recv(ready.fd, buffer.data(), buffer.size(), 0);
      std::string& text = connections[ready.fd];
      if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
      bool open = got > 0;
      if (open && text.find("\r\n\r\n") != std::string::npos) {  // requests here come whole, one at a time
        const std::string answer = answer_(std::exchange(text, ""));
        open = !answer.empty() && send(ready.fd, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
      }
      if (!open) {
        close(ready.fd);
        connections.erase(ready.fd);
      }
    }
  }
  for (const auto& [fd, text] : connections)
    close(fd);
}

}  // namespace testing
