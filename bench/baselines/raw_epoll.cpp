// The physical limit: the least a server on this kernel can do for a request over TCP.
//
// One thread, one level-triggered epoll, one recv and one send a request; the answer is fixed
// bytes, and a request is whatever ends in an empty line. No routing, no logging, no time-outs, no
// correctness beyond that: it is a ruler, not a server. What a real server costs above it is what
// its features cost.
//
//   raw_epoll [--response FILE] [PORT]       FILE holds the answer's bytes; PORT 0 (default) takes
//   a free one

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view default_answer =
    "HTTP/1.1 302 Found\r\n"
    "Location: https://www.example.com/some/landing/page\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

struct Connection {
  int fd = -1;
  std::size_t used = 0;
  std::array<char, 8192> request;
};

int listen_on(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("raw_epoll: cannot listen");
    std::exit(1);
  }
  std::printf("listening http://127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void accept_all(int listener, int epoll) {
  for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection.release();  // owned by the kernel's list until serve() says it is over
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

// Answers every complete request in the buffer with one send. False when the connection is over.
bool serve(Connection& connection, std::string_view answer, std::string& out) {
  const std::size_t space = connection.request.size() - connection.used;
  const ssize_t got = recv(connection.fd, connection.request.data() + connection.used, space, 0);
  if (got <= 0) return false;
  connection.used += static_cast<std::size_t>(got);

  std::string_view rest(connection.request.data(), connection.used);
  out.clear();
  for (auto end = rest.find("\r\n\r\n"); end != std::string_view::npos; end = rest.find("\r\n\r\n")) {
    if (!rest.starts_with("GET /")) return false;
    out.append(answer);
    rest.remove_prefix(end + 4);
  }
  if (rest.size() == connection.request.size()) return false;  // a request larger than the buffer
  std::memmove(connection.request.data(), rest.data(), rest.size());
  connection.used = rest.size();
  return out.empty() || send(connection.fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
}

[[noreturn]] void serve_forever(int listener, std::string_view answer) {
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // the listener
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::array<epoll_event, 256> ready;
  std::string out;
  for (;;) {
    const int count = epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        accept_all(listener, epoll);
      } else if (!serve(*connection, answer, out)) {
        close(connection->fd);
        delete connection;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string answer(default_answer);
  int next = 1;
  if (argc > 2 && std::string_view(argv[1]) == "--response") {
    std::ifstream file(argv[2], std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    answer = bytes.str();
    if (!file || answer.empty()) {
      std::fprintf(stderr, "raw_epoll: cannot read %s\n", argv[2]);
      return 1;
    }
    next = 3;
  }
  const long port = next < argc ? std::strtol(argv[next], nullptr, 10) : 0;
  serve_forever(listen_on(static_cast<std::uint16_t>(port)), answer);
}
