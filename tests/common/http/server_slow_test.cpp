// Clients that take their time: the server cuts off those that hold it up, and no others.
//
// Real sockets need real time. Every limit here is a few hundred milliseconds, what must not be cut off has many
// times what it needs, and what must be is waited for with patience: a slow machine makes these tests slow, not red.

#include "tests/common/http/scripted_service.h"
#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"

using namespace common::http;
using namespace testing;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

namespace {

TestServerOptions limits(std::chrono::milliseconds header, std::chrono::milliseconds idle,
                         std::size_t bytes_per_second_min = 4096) {
  TestServerOptions options;
  options.limits.header_timeout = header;
  options.limits.idle_timeout = idle;
  options.limits.bytes_per_second_min = bytes_per_second_min;
  return options;
}

// Sends `bytes` again and again, one every `pause`, until the server has closed or a minute has passed. True when it
// has closed.
bool dribble_until_cut(RawClient& client, std::string_view bytes, std::chrono::milliseconds pause) {
  const auto deadline = Steady::now() + 60s;
  for (std::size_t i = 0; Steady::now() < deadline; ++i) {
    if (!client.try_send(bytes.substr(i % bytes.size(), 1))) return true;
    if (!client.silent_for(pause)) return true;  // an answer, or the end
  }
  return false;
}

void sleep(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);  // a slow client is slow
}

}  // namespace

TEST_CASE("dribbling clients are cut off after the header timeout, and others are not slowed") {
  TestServer server(limits(1s, 60s));
  std::vector<RawClient> dribblers;
  const auto begun = Steady::now();
  for (int i = 0; i < 100; ++i) {
    dribblers.emplace_back(server.port());
    dribblers.back().send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  }
  RawClient other(server.port());
  CHECK(other.get("/hello").status == 200);
  Steady::duration slowest{0};
  while (Steady::now() - begun < 900ms) {
    for (auto& dribbler : dribblers)
      dribbler.try_send("z");
    const auto asked = Steady::now();
    REQUIRE(other.get("/hello").status == 200);
    slowest = std::max(slowest, Steady::now() - asked);
  }
  CHECK(slowest < 500ms);
  for (auto& dribbler : dribblers) {
    const auto response = dribbler.next_response();
    if (response) CHECK(response->status == 408);  // none when its last byte crossed the close
  }
  CHECK(Steady::now() - begun >= 1s);
  CHECK(Steady::now() - begun < 20s);
  CHECK(other.get("/hello").status == 200);
  dribblers.clear();
  CHECK(server.reaches_connections(1));
}

TEST_CASE("who connects and says nothing, or only empty lines, is cut off after the header timeout") {
  TestServer server(limits(300ms, 60s));
  const auto begun = Steady::now();
  RawClient silent(server.port());
  CHECK(silent.ended());
  CHECK(Steady::now() - begun >= 300ms);
  RawClient empty_lines(server.port());
  CHECK(dribble_until_cut(empty_lines, "\r\n", 20ms));
}

TEST_CASE("between requests the idle timeout holds, however fast the first request was") {
  TestServer server(limits(200ms, 3s));
  RawClient client(server.port());
  CHECK(client.get("/hello").status == 200);
  CHECK(client.silent_for(700ms));  // not cut off after the header timeout
  CHECK(client.get("/hello").status == 200);
  const auto answered = Steady::now();
  CHECK(client.ended());
  CHECK(Steady::now() - answered >= 2900ms);
}

TEST_CASE("each request has its own header timeout, also when its head began behind another's") {
  TestServer server(limits(1s, 60s));
  RawClient client(server.port());
  const std::string bytes = request("GET", "/hello");
  client.send(bytes.substr(0, 10));
  for (int i = 0; i < 8; ++i) {  // at no time is there no request under way
    CHECK(client.silent_for(200ms));
    client.send(bytes.substr(10) + bytes.substr(0, 10));
    REQUIRE(client.response().status == 200);
  }
}

TEST_CASE("a body that dribbles is cut off with 408, one that flows may take longer than the timeout") {
  TestServer server(limits(300ms, 60s));
  RawClient slow(server.port());
  slow.send(request("POST", "/echo", "Content-Length: 100000\r\n"));
  CHECK(dribble_until_cut(slow, "body", 20ms));
  const auto response = slow.next_response();
  CHECK((!response || response->status == 408));

  RawClient steady(server.port());
  steady.send(request("POST", "/echo", "Content-Length: 200000\r\n"));
  for (int i = 0; i < 20; ++i) {
    steady.send(std::string(10'000, 'e'));
    if (i < 19) CHECK(steady.silent_for(50ms));
  }
  CHECK(steady.response().body.size() == 200'000);
}

TEST_CASE("a client that does not read is cut off after the idle timeout") {
  TestServer server(limits(60s, 500ms));
  RawClient client(server.port(), RawClient::default_patience, 4096);
  client.send(request("GET", "/big?size=50000000"));
  const auto asked = Steady::now();
  CHECK(server.reaches_connections(1));
  CHECK(server.reaches_connections(0));
  CHECK(Steady::now() - asked >= 500ms);
}

TEST_CASE("a client that reads too slowly is cut off, though it reads") {
  TestServer server(limits(60s, 1s, 100'000'000));
  RawClient client(server.port());
  client.send(request("GET", "/big?size=100000000"));
  std::size_t read = 0;
  for (std::string part; !(part = client.receive()).empty(); read += part.size())
    sleep(5ms);
  CHECK(read > 1'000'000);
  CHECK(read < 90'000'000);  // it had a second, and 12 MB/s at the most
  CHECK(server.reaches_connections(0));
}

TEST_CASE("a client that asks without reading is not served without bounds") {
  TestServer server(limits(60s, 60s));
  RawClient client(server.port(), RawClient::default_patience, 4096);
  std::string requests;
  for (int i = 0; i < 1000; ++i)
    requests += request("GET", "/big?size=100000");
  client.send(requests);
  int begun = -1;  // until the server has stopped for want of room
  CHECK(eventually([&] {
    sleep(100ms);
    return std::exchange(begun, server.begun()) == server.begun();
  }));
  CHECK(begun < 200);  // the kernel's buffers hold a few MB
  for (int i = 0; i < 1000; ++i)
    REQUIRE(client.response().body.size() == 100'000);
}

TEST_CASE("a stream that has long been quiet may find its client's buffers full") {
  TestServer server(limits(60s, 1s));
  RawClient client(server.port(), RawClient::default_patience, 4096);
  client.send(request("GET", "/burst?size=20000000"));
  std::string seen;
  for (int i = 0; i < 100 && !seen.ends_with("1\r\na\r\n"); ++i)
    seen += client.receive();
  CHECK(client.silent_for(1500ms));  // longer than a client may stall; but nothing was there to read
  server.gate().open();
  sleep(200ms);  // the buffers fill
  for (int i = 0; i < 100'000 && !seen.ends_with("0\r\n\r\n"); ++i) {
    const std::string more = client.receive();
    REQUIRE_FALSE(more.empty());
    seen += more;
  }
  CHECK(take_response(seen)->body.size() == 20'000'001);
  CHECK(server.streams_ended() == 1);
}

TEST_CASE("a stream whose client stalls is cut off and told so") {
  TestServer server(limits(60s, 500ms));
  RawClient client(server.port(), RawClient::default_patience, 4096);
  client.send(request("GET", "/burst?size=100000000"));
  server.gate().open();
  CHECK(eventually([&] { return server.streams_ended() == 1; }));
  CHECK(server.reaches_connections(0));
}
