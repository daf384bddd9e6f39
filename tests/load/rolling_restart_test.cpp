// Replacing processes under load loses no request: one that was sent on an accepted connection is answered whole.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

using namespace testing;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// The simplest of load balancers: everybody goes to `now`, until it says that it is going.
struct Balancer {
  std::atomic<std::uint16_t> now{0};
  std::atomic<std::uint16_t> next{0};

  void leave(std::uint16_t port) { now.compare_exchange_strong(port, next.load()); }
};

struct Tally {
  std::atomic<std::size_t> answered{0};
  std::atomic<std::size_t> lost{0};     // sent on an accepted connection, and not answered whole
  std::atomic<std::size_t> refused{0};  // connections
  std::atomic<std::size_t> wrong{0};    // answered, but not as it should
};

// Null when the connection is refused.
std::unique_ptr<RawClient> connect(std::uint16_t port) {
  try {
    return std::make_unique<RawClient>(port);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

// Sends `request` and expects `status`; true when the connection can be used again.
bool ask(RawClient& connection, std::string_view request, int status, Tally& tally) {
  if (!connection.try_send(request)) {
    ++tally.lost;
    return false;
  }
  try {
    const auto answer = connection.next_response();
    if (!answer) {
      ++tally.lost;
      return false;
    }
    ++tally.answered;
    if (answer->status != status) ++tally.wrong;
    return answer->header("Connection") != "close";
  } catch (const std::runtime_error&) {  // cut short, or nothing in time
    ++tally.lost;
    return false;
  }
}

// A client at a constant rate on a kept connection; every fourth request creates a link.
void keep_asking(Balancer& balancer, const std::string& code, const std::atomic<bool>& stop, Tally& tally) {
  const std::string body = R"({"longUrl":"https://example.com"})";
  const std::string follow = "GET /" + code + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string create = "POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body;
  std::unique_ptr<RawClient> connection;
  std::uint16_t port = 0;
  auto next = Clock::now();
  for (unsigned i = 0; !stop; ++i) {
    std::this_thread::sleep_until(next += 5ms);  // the rate is the subject
    if (!connection) {
      port = balancer.now;
      connection = connect(port);
      if (!connection) {
        ++tally.refused;
        balancer.leave(port);
        continue;
      }
    }
    const bool creates = i % 4 == 0;
    if (!ask(*connection, creates ? create : follow, creates ? 201 : 302, tally)) {
      connection.reset();
      balancer.leave(port);
    }
  }
}

}  // namespace

TEST_CASE("rolling restarts under load lose no request") {
  const TempFolder data;
  const std::vector<std::string> flags = {"--data", data.path(), "--drain-delay", "300ms"};
  auto current = std::make_unique<ServerProcess>(flags);
  const auto code = ApiClient(current->port()).shorten_url("https://example.com");
  Balancer balancer;
  balancer.now = current->port();
  Tally tally;
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] { keep_asking(balancer, code, stop, tally); });
  }
  int clean_exits = 0;
  const int restarts = full_size() ? 30 : 6;
  for (int i = 0; i < restarts; ++i) {
    auto replacement = std::make_unique<ServerProcess>(flags);
    balancer.next = replacement->port();
    std::this_thread::sleep_for(300ms);  // of ordinary load
    if (current->terminate() == 0) ++clean_exits;
    current = std::move(replacement);
  }
  stop = true;
  for (auto& client : clients) {
    client.join();
  }
  CHECK(clean_exits == restarts);
  CHECK(tally.lost == 0);
  CHECK(tally.wrong == 0);
  CHECK(tally.refused == 0);  // everybody was told in time
  CHECK(tally.answered > 1000);
}

// Without a delay and without a balancer that listens: connections are refused, requests are not lost. A listener that
// is closed with a handshake half done resets a connection that its client believes in; one in 7,000 was, here.
TEST_CASE("clients that keep connecting to a server that ends are refused or answered") {
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  const int rounds = full_size() ? 50 : 10;
  Tally tally;
  for (int round = 0; round < rounds; ++round) {
    ServerProcess server({"--store", "memory"});
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        for (int n = 0; n < 100'000; ++n) {
          const auto connection = connect(server.port());
          if (!connection) {
            ++tally.refused;
            return;
          }
          ask(*connection, request, 200, tally);
        }
      });
    }
    std::this_thread::sleep_for(50ms);  // of ordinary load
    CHECK(server.terminate() == 0);
    for (auto& client : clients) {
      client.join();
    }
  }
  CHECK(tally.lost == 0);
  CHECK(tally.wrong == 0);
  CHECK(tally.refused == static_cast<std::size_t>(8 * rounds));
  CHECK(tally.answered > static_cast<std::size_t>(8 * rounds));
}

TEST_CASE("what is being answered when the end is announced is answered") {
  for (int round = 0; round < 5; ++round) {
    ServerProcess server;
    Tally tally;
    std::vector<std::thread> clients;
    const std::string body = R"({"longUrl":"https://example.com"})";
    const std::string create =
        "POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    for (int i = 0; i < 16; ++i) {
      clients.emplace_back([&] {  // creations as fast as they go, on a kept connection, until it is closed
        auto connection = connect(server.port());
        while (connection && ask(*connection, create, 201, tally)) {
        }
      });
    }
    std::this_thread::sleep_for(100ms);  // of ordinary load
    const auto asked = Clock::now();
    CHECK(server.terminate() == 0);
    INFO(server.errors());
    CHECK(Clock::now() - asked < 5s * slowness);  // well before the drain's timeout
    for (auto& client : clients) {
      client.join();
    }
    CHECK(tally.lost == 0);
    CHECK(tally.wrong == 0);
    CHECK(tally.answered >= 16);
  }
}
