#include "bench/cache_aside/mixed_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "common/random.h"

namespace bench::cache_aside_bench {
namespace {

using Clock = std::chrono::steady_clock;

// Sends a request, reads its answer; knows just enough of HTTP for our own server's.
class Connection {
 public:
  explicit Connection(const Endpoint& to) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    inet_pton(AF_INET, to.host.c_str(), &address.sin_addr);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd_);
      throw std::runtime_error("the server does not accept connections");
    }
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer's head and body.
  std::string ask(const std::string& request) {
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("the server does not read");
    }
    std::string answer;
    char buffer[4096];
    for (;;) {
      const auto head = answer.find("\r\n\r\n");
      if (head != std::string::npos && answer.size() >= head + 4 + number(answer, "Content-Length: ")) return answer;
      const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
      if (size <= 0) throw std::runtime_error("no whole answer");
      answer.append(buffer, static_cast<std::size_t>(size));
    }
  }

  // The number behind `name`; 0 when there is none.
  static std::uint64_t number(const std::string& answer, std::string_view name) {
    const auto at = answer.find(name);
    std::uint64_t value = 0;
    if (at != std::string::npos)
      std::from_chars(answer.data() + at + name.size(), answer.data() + answer.size(), value);
    return value;
  }

 private:
  int fd_;
};

std::string request(std::string_view line, std::string_view headers, std::string_view body) {
  std::string text = std::string(line) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers);
  if (!body.empty()) {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + std::string(body);
}

}  // namespace

MixedLoad::MixedLoad(std::vector<Endpoint> servers, Options options)
    : servers_(std::move(servers)),
      options_(options),
      zipf_(options.users, options.theta),
      ids_(options.users),
      acknowledged_(std::make_unique<std::atomic<std::uint64_t>[]>(options.users)) {
  on_each_connection([this](std::size_t client) { create_users(client); });
}

MixedLoad::Seen MixedLoad::run(std::chrono::nanoseconds duration) {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(duration);
  std::vector<Seen> parts(options_.connections);
  on_each_connection([&](std::size_t client) { work(client, end, parts[client]); });
  Seen all;
  for (Seen& part : parts) {
    all.requests += part.requests;
    all.stale += part.stale;
    all.read_ms.insert(all.read_ms.end(), part.read_ms.begin(), part.read_ms.end());
  }
  std::sort(all.read_ms.begin(), all.read_ms.end());
  return all;
}

// A thread each. Throws what the first of them that failed has thrown.
void MixedLoad::on_each_connection(const std::function<void(std::size_t client)>& act) const {
  std::vector<std::exception_ptr> failures(options_.connections);
  std::vector<std::thread> threads;
  for (std::size_t client = 0; client < options_.connections; ++client) {
    threads.emplace_back([&, client] {
      try {
        act(client);
      } catch (...) {
        failures[client] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

void MixedLoad::create_users(std::size_t client) {
  Connection connection(servers_[client % servers_.size()]);
  for (std::size_t i = client; i < options_.users; i += options_.connections) {
    const auto created =
        connection.ask(request("POST /users", "", R"({"name":"Ada Lovelace","email":"ada@example.com"})"));
    ids_[i] = Connection::number(created, "Location: /users/");
    if (ids_[i] == 0) throw std::runtime_error("no user was created: " + created);
    acknowledged_[i] = 1;
  }
}

void MixedLoad::work(std::size_t client, Clock::time_point end, Seen& seen) {
  common::FastRandom random;
  Connection connection(servers_[client % servers_.size()]);
  while (Clock::now() < end) {
    const std::size_t index = zipf_.next(random);
    const bool writes = random.below(static_cast<std::uint64_t>(options_.write_every)) == 0;
    const std::uint64_t known = acknowledged_[index].load();
    const std::string path = "/users/" + std::to_string(ids_[index]);
    const std::string body = R"({"name":"Ada )" + std::to_string(random.below(1'000'000)) + R"("})";
    const auto began = Clock::now();
    const auto answer =
        connection.ask(writes ? request("PATCH " + path, "If-Match: *\r\n", body) : request("GET " + path, "", ""));
    const auto took = Clock::now() - began;
    if (!answer.starts_with("HTTP/1.1 200")) throw std::runtime_error(answer);
    ++seen.requests;
    const std::uint64_t version = Connection::number(answer, "ETag: \"");
    if (!writes) {
      seen.read_ms.push_back(std::chrono::duration<double, std::milli>(took).count());
      if (version < known) ++seen.stale;
      continue;
    }
    auto highest = acknowledged_[index].load();
    while (highest < version && !acknowledged_[index].compare_exchange_weak(highest, version)) {
    }
  }
}

}  // namespace bench::cache_aside_bench
