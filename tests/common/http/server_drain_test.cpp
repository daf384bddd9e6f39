// How a server ends: what it has accepted it answers, and what it will not answer it refuses to accept.

#include "tests/common/http/scripted_service.h"
#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"

using namespace common;
using namespace common::http;
using namespace testing;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

TEST_CASE("requests under way are answered to the end, and tell that the connection closes") {
  for (const std::size_t threads : {1U, 3U}) {
    TestServerOptions options;
    options.threads = threads;
    TestServer server(options);
    std::vector<RawClient> clients;
    for (int i = 0; i < 6; ++i) {
      clients.emplace_back(server.port());
      clients.back().send(request("GET", "/later"));
    }
    REQUIRE(eventually([&] { return server.gate().waiting() == 6; }));
    server.stop();
    REQUIRE(eventually([&] { return server.server().draining(); }));
    for (auto& client : clients)
      CHECK(client.silent_for(10ms));
    CHECK_FALSE(server.ended());
    server.gate().open();
    for (auto& client : clients) {
      const RawResponse response = client.response();
      CHECK(response.body == "later");
      CHECK(response.header("Connection") == "close");
      CHECK(client.ended());
    }
    clients.clear();  // otherwise the server waits a moment for what they may still be sending
    server.join();
    REQUIRE_THROWS_WITH(RawClient(server.port()), "connect: Connection refused");
  }
}

TEST_CASE("during the drain delay all is answered, old connections and new, each for the last time") {
  TestServerOptions options;
  options.drain_delay = 2s;
  TestServer server(options);
  RawClient old(server.port());
  CHECK(old.get("/hello").header("Connection").empty());
  server.stop();
  REQUIRE(eventually([&] { return server.server().draining(); }));
  const auto draining_since = Steady::now();
  const RawResponse last = old.get("/hello");
  CHECK(last.status == 200);
  CHECK(last.header("Connection") == "close");
  CHECK(old.ended());
  for (int i = 0; i < 10; ++i) {
    const RawResponse response = get(server.port(), "/hello");
    CHECK(response.status == 200);
    CHECK(response.header("Connection") == "close");
  }
  server.join();
  CHECK(Steady::now() - draining_since >= 1900ms);
}

TEST_CASE("connections that wait in the kernel's queue when the drain begins are answered") {
  std::atomic<bool> blocks{false}, blocked{false};
  TestServerOptions options;
  options.threads = 1;
  options.routes = [&](Application& app) {
    app.router().get("/block", {}, [&](Request&) -> Reply {
      blocked = true;
      eventually([&] { return !blocks.load(); });  // holds up the thread that accepts
      return text(200, "blocked");
    });
  };
  TestServer server(options);
  blocks = true;
  RawClient blocker(server.port());
  blocker.send(request("GET", "/block"));
  REQUIRE(eventually([&] { return blocked.load(); }));
  std::vector<RawClient> queued;
  for (int i = 0; i < 50; ++i) {
    queued.emplace_back(server.port());
    queued.back().send(request("GET", "/hello"));
  }
  server.stop();
  blocks = false;
  CHECK(blocker.response().body == "blocked");
  for (auto& client : queued) {
    const RawResponse response = client.response();
    CHECK(response.status == 200);
    CHECK(client.ended());
  }
  queued.clear();
  blocker.reset();
  server.join();
}

TEST_CASE("idle connections do not hold up the end") {
  TestServer server;
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.port());
    if (i % 2 == 0) CHECK(clients.back().get("/hello").status == 200);
  }
  server.stop();
  server.join();
  for (auto& client : clients)
    CHECK(client.ended());
}

TEST_CASE("an answer that is being read slowly is not cut short by the drain") {
  TestServerOptions options;
  options.drain_timeout = 60s;  // what is too slow for that is another test's
  TestServer server(options);
  RawClient client(server.port(), RawClient::default_patience, 4096);
  client.send(request("GET", "/big?size=20000000"));
  REQUIRE(eventually([&] { return server.begun() == 1; }));
  server.stop();
  std::this_thread::sleep_for(2500ms);  // longer than an idle connection would be kept
  CHECK(client.response().body.size() == 20'000'000);
  CHECK(client.ended());
  client.reset();
  server.join();
}

TEST_CASE("requests pipelined behind one under way are answered before the connection closes") {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/later") + request("GET", "/hello"));
  REQUIRE(eventually([&] { return server.gate().waiting() == 1; }));
  server.stop();
  REQUIRE(eventually([&] { return server.server().draining(); }));
  client.send(request("GET", "/hello"));  // on its way before the client could know
  server.gate().open();
  const RawResponse first = client.response();
  CHECK(first.body == "later");
  CHECK(first.header("Connection").empty());
  CHECK(client.response().header("Connection").empty());
  CHECK(client.response().header("Connection") == "close");
  CHECK(client.ended());
  client.reset();
  server.join();
  CHECK(server.begun() == 3);
}

TEST_CASE("event streams end when the server drains") {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/events"));
  REQUIRE(eventually([&] { return server.begun() == 1; }));
  server.stop();
  const RawResponse response = client.response();
  CHECK(response.body.starts_with("id: 0\n"));
  CHECK(client.ended());
  client.reset();
  server.join();
  CHECK(server.streams_ended() == 1);
}

TEST_CASE("what is not done by the drain timeout is closed, and the server ends") {
  TestServerOptions options;
  options.drain_timeout = 300ms;
  TestServer server(options);
  RawClient busy(server.port());
  busy.send(request("GET", "/later"));
  RawClient streaming(server.port());
  streaming.send(request("GET", "/burst?size=10"));
  REQUIRE(eventually([&] { return server.gate().waiting() == 2; }));
  const auto begun = Steady::now();
  server.stop();
  server.join();
  CHECK(Steady::now() - begun >= 300ms);
  CHECK_FALSE(busy.next_response().has_value());
  CHECK_FALSE(streaming.next_response().has_value());
}

TEST_CASE("a handler whose client has gone is given up at the drain timeout too") {
  TestServerOptions options;
  options.drain_timeout = 300ms;
  TestServer server(options);
  for (const char* path : {"/later", "/burst?size=10"}) {
    RawClient client(server.port());
    client.send(request("GET", path));
    REQUIRE(eventually([&] { return server.gate().waiting() > 0; }));
    client.reset();
    REQUIRE(server.reaches_connections(0));
  }
  server.stop();
  server.join();  // otherwise the whole process would have been left, with an error
  CHECK(server.gate().waiting() == 0);
}

TEST_CASE("a server under load that is stopped cuts no answer short") {
  TestServerOptions options;
  options.threads = 3;
  TestServer server(options);
  std::atomic<int> answered{0}, cut_short{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      try {
        for (int i = 0; i < 100'000; ++i) {
          RawClient client(server.port());
          for (bool open = true; open;) {
            client.send(request("GET", "/hello"));
            const RawResponse response = client.response();
            ++answered;
            open = response.header("Connection") != "close";
          }
        }
      } catch (const std::exception& e) {
        if (std::string_view(e.what()) != "connect: Connection refused") ++cut_short;
      }
    });
  }
  REQUIRE(eventually([&] { return answered > 500; }));
  server.stop();
  for (auto& client : clients)
    client.join();
  server.join();
  CHECK(cut_short == 0);
}
