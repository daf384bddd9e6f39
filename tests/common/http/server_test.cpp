// The server with real sockets, and clients that are its equals or worse. What clients may do slowly is in
// server_slow_test.cpp, how the server ends in server_drain_test.cpp.

#include "common/http/server.h"

#include <malloc.h>
#include <sys/resource.h>

#include "tests/common/http/messages.h"
#include "tests/common/http/scripted_service.h"
#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"

using namespace common::http;
using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("a server answers over a real connection, as often as asked") {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const RawResponse response = client.get("/hello");
    CHECK(response.status == 200);
    CHECK(response.body == "hello");
    CHECK(response.header("Date").ends_with(" GMT"));
  }
  client.send(request("POST", "/echo", "Content-Length: 300000\r\n", std::string(300'000, 'e')));
  CHECK(client.response().body == std::string(300'000, 'e'));
  CHECK(server.server().url() == "http://127.0.0.1:" + std::to_string(server.port()));
}

TEST_CASE("a port that is taken is one clear error") {
  TestServer server;
  common::Runtime runtime(1);
  Application app(1000);
  Server::Options options;
  options.port = server.port();
  REQUIRE_THROWS_WITH(Server(runtime, options, app), "127.0.0.1:" + std::to_string(server.port()) + " is in use");
  options.host = "no.such.host.invalid";
  REQUIRE_THROWS(Server(runtime, options, app));
}

TEST_CASE("connections are spread over all threads, each staying on its own") {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    TestServerOptions options;
    options.threads = threads;
    TestServer server(options);
    std::vector<RawClient> clients;
    std::map<std::string, int> connections_on;
    for (std::size_t i = 0; i < 4 * threads; ++i) {
      clients.emplace_back(server.port());
      const std::string thread = clients.back().get("/thread").body;
      ++connections_on[thread];
      CHECK(clients.back().get("/thread").body == thread);
    }
    CHECK(connections_on.size() == threads);
    for (const auto& [thread, count] : connections_on)
      CHECK(count == 4);
  }
}

TEST_CASE("more answers than one write holds all arrive, however they were asked for") {
  TestServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 100; ++i)
    requests += request("GET", "/big?size=65536");
  client.send(requests);
  for (int i = 0; i < 100; ++i) {
    INFO(i);
    REQUIRE(client.response().body.size() == 65536);
  }
  client.send(request("GET", "/big?size=20000000") + request("GET", "/hello"));
  CHECK(client.response().body.size() == 20'000'000);
  CHECK(client.response().body == "hello");
}

TEST_CASE("pipelined requests behind one that takes its time wait, on many connections at once") {
  TestServer server;
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.port());
    clients.back().send(request("GET", "/hello") + request("GET", "/later") + request("GET", "/hello"));
  }
  for (auto& client : clients)
    CHECK(client.response().body == "hello");
  REQUIRE(eventually([&] { return server.gate().waiting() == 20; }));
  CHECK(server.begun() == 40);
  server.gate().open();
  for (auto& client : clients) {
    CHECK(client.response().body == "later");
    CHECK(client.response().body == "hello");
  }
}

TEST_CASE("a client that has half-closed still gets its answers, then the end") {
  TestServer server;
  for (const char* path : {"/hello", "/later", "/big?size=5000000"}) {
    server.gate().close();
    RawClient client(server.port());
    client.send(request("GET", "/hello") + request("GET", path) + request("GET", "/hello"));
    client.finish_sending();
    CHECK(client.response().body == "hello");
    server.gate().open();
    CHECK(client.response().status == 200);
    CHECK(client.response().body == "hello");
    CHECK(client.ended());
  }
  CHECK(server.reaches_connections(0));
}

TEST_CASE("a client that vanishes during a handler harms nobody") {
  TestServer server;
  for (const bool reset : {false, true}) {
    const int before = server.begun();
    server.gate().close();
    {
      RawClient client(server.port());
      client.send(request("GET", "/later") + request("GET", "/later") + request("GET", "/hello"));
      REQUIRE(eventually([&] { return server.begun() > before; }));
      if (reset) client.reset();
    }
    RawClient other(server.port());
    CHECK(other.get("/hello").status == 200);
    server.gate().open();
    CHECK(eventually([&] { return server.gate().waiting() == 0; }));
    CHECK(other.get("/hello").status == 200);
  }
  CHECK(server.reaches_connections(0));
}

TEST_CASE("a client that half-closes and then resets does not keep a thread spinning") {
  TestServer server;
  RawClient client(server.port());
  client.send(request("GET", "/later"));
  REQUIRE(eventually([&] { return server.gate().waiting() == 1; }));
  client.finish_sending();
  CHECK(get(server.port(), "/hello").status == 200);
  client.reset();
  const auto cpu_ms = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  };
  const auto before = cpu_ms();
  std::this_thread::sleep_for(500ms);  // the processor's time is what is measured
  CHECK(cpu_ms() - before < 100);
  server.gate().open();
  CHECK(server.reaches_connections(0));
}

TEST_CASE("an event stream runs until its client goes") {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(request("GET", "/events"));
    std::string seen;
    for (int i = 0; i < 1000 && seen.find("id: 3\ndata: 3\n\n") == std::string::npos; ++i)
      seen += client.receive();
    CHECK(seen.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(seen.find("id: 0\ndata: 0\n\n") != std::string::npos);
    CHECK(server.streams_ended() == 0);
  }
  CHECK(eventually([&] { return server.streams_ended() == 1; }));
  CHECK(server.reaches_connections(0));
}

TEST_CASE("above max_connections a client is told so, and place is made by one that leaves") {
  TestServerOptions options;
  options.max_connections = 3;
  TestServer server(options);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server.port());
    CHECK(clients.back().get("/hello").status == 200);
  }
  for (int i = 0; i < 20; ++i) {
    RawClient refused(server.port());
    refused.try_send(request("GET", "/hello"));
    const RawResponse response = refused.response();
    CHECK(response.status == 503);
    CHECK(response.header("Retry-After") == "1");
    CHECK(response.header("Connection") == "close");
    CHECK(response.header("Content-Type") == "application/json");
    CHECK(response.has("Date"));
    CHECK(refused.ended());
  }
  CHECK(clients[0].get("/hello").status == 200);
  clients.pop_back();
  REQUIRE(server.reaches_connections(2));
  CHECK(get(server.port(), "/hello").status == 200);
}

TEST_CASE("smuggling shapes get their status and a closed connection, over a real one") {
  TestServer server;
  for (const auto& list : {refused_framing(), refused_hosts(), refused_chunks()}) {
    for (const auto& [what, bytes, status, code] : list) {
      if (status != 400) continue;
      INFO(what);
      RawClient client(server.port());
      client.try_send(bytes + request("GET", "/hello"));
      const RawResponse response = client.response();
      CHECK(response.status == status);
      CHECK(response.body.find('"' + code + '"') != std::string::npos);
      CHECK(response.header("Connection") == "close");
      CHECK(client.ended());
    }
  }
}

TEST_CASE("too large a body is refused without reading it, and the answer is not lost to a reset") {
  TestServerOptions options;
  options.max_body = 10'000;
  TestServer server(options);
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.port());
    client.send(request("POST", "/echo", "Content-Length: 100000000\r\n"));
    client.try_send(std::string(2'000'000, 'x'));  // keeps sending all the same
    const RawResponse response = client.response();
    CHECK(response.status == 413);
    CHECK(client.ended());
  }
  CHECK(server.begun() == 0);
}

TEST_CASE("an absolute target that names this server is answered, one that names another gets 421") {
  TestServer server;
  RawClient client(server.port());
  const std::string own = "127.0.0.1:" + std::to_string(server.port());
  client.send(request("GET", "http://" + own + "/hello"));
  CHECK(client.response().body == "hello");
  client.send(request("GET", "http://elsewhere.example/hello"));
  const RawResponse foreign = client.response();
  CHECK(foreign.status == 421);
  CHECK(foreign.body.find("AUTHORITY_FOREIGN") != std::string::npos);
  CHECK(client.get("/hello").status == 200);
}

TEST_CASE("idle connections are cheap") {
  TestServer server;
  std::vector<RawClient> clients;
  clients.reserve(500);
  clients.emplace_back(server.port());
  CHECK(clients.back().get("/hello").status == 200);
  const auto used = [] { return ::mallinfo2().uordblks; };  // of everybody: clients and, under ASan, nobody
  const auto before = used();
  for (int i = 1; i < 500; ++i) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().get("/hello").status == 200);
  }
  CHECK(server.server().connections() == 500);
  const auto bytes_each = (used() - before) / 499;
  CAPTURE(bytes_each);
  CHECK(bytes_each < 2048);
}
