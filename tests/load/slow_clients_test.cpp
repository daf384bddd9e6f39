// Clients that dribble, and clients that send too much.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/crowd.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

using namespace testing;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view half_a_head = "POST /shorten HTTP/1.1\r\nHost: x\r\nX-Slow: ";

// How long 99 of 100 requests take at most, of `count` in a row.
std::chrono::microseconds p99(ApiClient& api, const std::string& path, std::size_t count) {
  std::vector<Clock::duration> times;
  for (std::size_t i = 0; i < count; ++i) {
    const auto began = Clock::now();
    if (api.get(path).status != 302) throw std::runtime_error("not followed");
    times.push_back(Clock::now() - began);
  }
  std::sort(times.begin(), times.end());
  return std::chrono::duration_cast<std::chrono::microseconds>(times[times.size() * 99 / 100]);
}

// Sends zeros, deaf to any answer, until the server ends the connection or has taken nothing for half a second; how
// many bytes it took.
std::uint64_t push(const RawClient& client, std::uint64_t at_most) {
  const std::string block(256 * 1024, '0');
  std::uint64_t sent = 0;
  while (sent < at_most) {
    const ssize_t taken = ::send(client.fd(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken > 0) {
      sent += static_cast<std::uint64_t>(taken);
      continue;
    }
    pollfd entry{client.fd(), POLLOUT, 0};
    if (errno != EAGAIN || ::poll(&entry, 1, 500) != 1) break;
  }
  return sent;
}

}  // namespace

TEST_CASE("hundreds of dribbling clients slow nobody down and are cut off") {
  ServerProcess server({"--header-timeout", "2s"});
  ApiClient api(server.port());
  const auto path = "/" + api.shorten_url("https://example.com");
  const auto before = p99(api, path, 2000);

  raise_file_limit();
  Crowd dribblers;
  const auto began = Clock::now();
  dribblers.join(server.port(), 400, half_a_head);
  std::chrono::microseconds during{0};
  std::size_t left = dribblers.size();
  while (left > 0 && Clock::now() - began < 15s) {
    dribblers.send_each("x");  // a byte each, again and again: never silent, never done
    during = std::max(during, p99(api, path, 200));
    left = dribblers.drop_ended();
  }
  const auto took = Clock::now() - began;
  INFO("p99 before " << before.count() << " us, among dribblers " << during.count() << " us");
  CHECK(left == 0);
  CHECK(took >= 1900ms);
  CHECK(took < 6s * slowness);
  CHECK(dribblers.told("HTTP/1.1 408") >= 390);  // a byte that crosses the answer may cost it
  CHECK(during < 10 * before + 20ms * slowness);
  CHECK(api.get("/healthz").status == 200);
}

TEST_CASE("connections that never say a word are cut off too") {
  ServerProcess server({"--store", "memory", "--header-timeout", "1s"});
  Crowd silent;
  silent.join(server.port(), 50, "");
  const auto began = Clock::now();
  while (silent.drop_ended() > 0 && Clock::now() - began < 10s) {
    std::this_thread::sleep_for(20ms);  // their silence is the subject
  }
  CHECK(silent.size() == 0);
  CHECK(Clock::now() - began < 5s);
}

TEST_CASE("a body that dribbles is cut off, one that flows slowly is not") {
  ServerProcess server({"--store", "memory", "--header-timeout", "1s"});
  Crowd dribblers;
  dribblers.join(server.port(), 20, "POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const auto began = Clock::now();
  while (dribblers.drop_ended() > 0 && Clock::now() - began < 10s) {
    dribblers.send_each("x");
    std::this_thread::sleep_for(20ms);  // slowness is the subject
  }
  CHECK(dribblers.size() == 0);

  const std::string body = R"({"longUrl":"https://example.com"})" + std::string(300'000, ' ');
  RawClient steady(server.port());
  steady.send("POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  for (std::size_t at = 0; at < body.size(); at += 15'000) {
    steady.send(std::string_view(body).substr(at, 15'000));
    std::this_thread::sleep_for(100ms);  // two seconds in all, twice the header's time
  }
  CHECK(steady.response().status == 201);
}

TEST_CASE("a body over the limit is refused without being read") {
  ServerProcess server({"--store", "memory", "--max-body", "64KiB"});
  const std::string head = "POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const auto memory_before = server.anonymous_bytes();
  {
    RawClient client(server.port());
    client.send(head + "Content-Length: 1000000000000\r\n\r\n");
    const auto refused = client.response();  // before a byte of the body
    CHECK(refused.status == 413);
    CHECK(error_code(refused) == "BODY_TOO_LARGE");
    CHECK(refused.header("Connection") == "close");
  }
  {
    RawClient client(server.port());
    client.send(head + "Content-Length: 1000000000000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.response().status == 413);  // and no 100
  }
  {
    RawClient client(server.port());
    client.send(head + "Transfer-Encoding: chunked\r\n\r\n1000\r\n" + std::string(0x1000, ' ') + "\r\n20000\r\n" +
                std::string(0x10000, ' '));
    CHECK(client.response().status == 413);  // when the sum is past it, not at the end
  }
  CHECK(server.anonymous_bytes() < memory_before + 4 * 1024 * 1024 * slowness);
  CHECK(get(server.port(), "/healthz").status == 200);
}

// What it still sends is read and dropped for a moment, so that the answer is not lost to a reset; not for ever.
TEST_CASE("a client that is deaf to 413 is cut off, and nothing it sends is kept") {
  ServerProcess server({"--store", "memory", "--max-body", "64KiB"});
  const auto memory_before = server.anonymous_bytes();
  RawClient client(server.port());
  client.send("POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n");
  const auto began = Clock::now();
  const auto taken = push(client, 1'000'000'000'000);
  INFO(taken << " bytes taken");
  CHECK(taken < 100'000'000'000);
  CHECK(Clock::now() - began < 5s * slowness);
  CHECK(server.anonymous_bytes() < memory_before + 4 * 1024 * 1024 * slowness);
  CHECK(get(server.port(), "/healthz").status == 200);
}

TEST_CASE("a client that sends on after 413 gets its answer and then the end") {
  ServerProcess server({"--store", "memory", "--max-body", "64KiB"});
  RawClient client(server.port());
  client.send("POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
  client.try_send(std::string(200'000, '0'));
  CHECK(client.response().status == 413);
  CHECK(client.ended());
}
