#include "common/http/client.h"

#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <string>
#include <thread>

#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/eventually.h"
#include "tests/support/run_task.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_folder.h"

using namespace std::chrono_literals;
using common::Failure;
using common::Result;
using common::http::Client;
using common::http::ClientRequest;
using common::http::ClientResponse;
using testing::ScriptedServer;

namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A client and the event loop that it belongs to, called without coroutines.
class Caller {
 public:
  explicit Caller(Client::Options options = {}) : client_(io_.get_executor(), std::move(options)) {}

  Result<ClientResponse> send(ClientRequest request) {
    std::optional<Result<ClientResponse>> outcome;
    common::asio::co_spawn(io_, testing::keep_outcome(client_.send(std::move(request)), outcome),
                           [](const std::exception_ptr& failure) {
                             if (failure) std::rethrow_exception(failure);
                           });
    io_.restart();
    while (!outcome && io_.run_one() > 0) {  // not run(): that would wait for a look-up left behind
    }
    return std::move(*outcome);
  }
  Result<ClientResponse> get(const std::string& url) { return send({.url = url}); }
  Failure failure(ClientRequest request) {
    auto outcome = send(std::move(request));
    REQUIRE(outcome.has_error());
    return outcome.error().kind;
  }
  // To be run on the loop behind what the next send() begins with.
  template <class Action>
  void meanwhile(Action action) {
    common::asio::post(io_, [this, action] { common::asio::post(io_, action); });
  }

 private:
  common::asio::io_context io_{1};
  Client client_;
};

// A port that nobody listens on.
std::string nobody() {
  const ScriptedServer gone([](ScriptedServer::Peer&) {});
  return gone.url();
}

void answer_all(ScriptedServer::Peer& peer) {
  while (peer.read_request()) {
    peer.send(ok);
  }
}

std::atomic<int> hanging{0};
std::atomic<bool> let_go{false};

// While one exists, looking up a name that ends in ".hang.test" takes until end().
struct HangingNames {
  HangingNames() {
    hanging = 0;
    let_go = false;
  }
  ~HangingNames() { end(); }
  HangingNames(const HangingNames&) = delete;
  HangingNames& operator=(const HangingNames&) = delete;
  static void end() {
    let_go = true;
    let_go.notify_all();
  }
};

}  // namespace

// Stands in front of the C library's.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || !std::string_view(node).ends_with(".hang.test")) return real(node, service, hints, found);
  ++hanging;
  let_go.wait(false);
  return EAI_FAIL;
}

TEST_CASE("the client sends what it is told and gives back what came") {
  std::string head;
  std::string body;
  const ScriptedServer server([&](ScriptedServer::Peer& peer) {
    const auto request = peer.read_request();
    head = request->head;
    body = request->body;
    peer.send("HTTP/1.1 418 I'm a teapot\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: 3\r\n\r\nabc");
    peer.wait_for_close();
  });
  Caller caller;
  const auto answer = caller.send({.method = "POST",
                                   .url = server.url() + "/a/b?c=d",
                                   .headers = {{"Content-Type", "text/plain"}},
                                   .body = "hello"});
  REQUIRE(answer.has_value());
  CHECK(answer->status == 418);
  CHECK(answer->body == "abc");
  CHECK(answer->header("x-twice") == "a");
  CHECK(answer->headers.size() == 3);
  CHECK(answer->header("absent").empty());
  CHECK(head.starts_with("POST /a/b?c=d HTTP/1.1\r\n"));
  CHECK(head.find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
  CHECK(head.find("Content-Type: text/plain\r\n") != std::string::npos);
  CHECK(head.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(body == "hello");
}

TEST_CASE("answers in chunks, without a body, and until the connection's end are read whole") {
  const ScriptedServer server([](ScriptedServer::Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n");
    peer.read_request();
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");  // of a HEAD
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end");
  });
  Caller caller;
  CHECK(caller.get(server.url())->body == "abc");
  CHECK(caller.get(server.url())->status == 204);
  CHECK(caller.send({.method = "HEAD", .url = server.url()})->body.empty());
  CHECK(caller.get(server.url())->body == "to the end");
  CHECK(server.connections() == 1);
}

TEST_CASE("connections are kept and used again, unless the server says close") {
  const ScriptedServer server([](ScriptedServer::Peer& peer) {
    for (int i = 0; i < 5 && peer.read_request(); ++i) {
      peer.send(i < 4 ? ok : "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  Caller caller;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(caller.get(server.url()).has_value());
  }
  CHECK(server.connections() == 2);
}

TEST_CASE("a connection is kept for its own host and port alone") {
  const ScriptedServer one(answer_all);
  const ScriptedServer other(answer_all);
  Caller caller;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(caller.get(one.url()).has_value());
    REQUIRE(caller.get(other.url()).has_value());
  }
  CHECK(one.connections() == 1);
  CHECK(other.connections() == 1);
}

TEST_CASE("a kept connection that the server closed is replaced for methods that may be repeated") {
  for (const auto* method : {"GET", "HEAD", "PUT", "DELETE"}) {
    INFO(method);
    std::atomic<int> answered{0};
    const ScriptedServer server([&](ScriptedServer::Peer& peer) {  // one request a connection, unannounced
      if (peer.read_request()) {
        ++answered;
        peer.send(method == std::string("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" : ok);
      }
    });
    Caller caller;
    for (int i = 0; i < 3; ++i) {
      CHECK(caller.send({.method = method, .url = server.url()}).has_value());
    }
    CHECK(answered == 3);
    CHECK(server.connections() == 3);
  }
}

TEST_CASE("when a kept connection ends without an answer, only what may be repeated is") {
  for (const std::string method : {"GET", "PUT", "DELETE", "POST", "PATCH"}) {
    INFO(method);
    std::atomic<int> seen{0};
    const ScriptedServer server([&](ScriptedServer::Peer& peer) {
      if (!peer.read_request()) return;
      ++seen;
      peer.send(ok);
      if (peer.number() == 0 && peer.read_request()) ++seen;  // as if its end had crossed the request
    });
    Caller caller;
    CHECK(caller.send({.method = method, .url = server.url()}).has_value());
    const auto second = caller.send({.method = method, .url = server.url()});
    const bool repeated = method != "POST" && method != "PATCH";
    CHECK(second.has_value() == repeated);
    if (second.has_error()) CHECK(second.error().kind == Failure::unknown_outcome);
    CHECK(seen == (repeated ? 3 : 2));
  }
}

TEST_CASE("a kept connection that the server closed is noticed before anything is sent, so a POST goes through") {
  testing::TestServerOptions options;
  options.limits.idle_timeout = 50ms;
  const testing::TestServer server(options);
  Caller caller;
  for (int i = 0; i < 3; ++i) {
    const auto answer = caller.send(
        {.method = "POST", .url = "http://127.0.0.1:" + std::to_string(server.port()) + "/echo", .body = "once"});
    REQUIRE(answer.has_value());
    CHECK(answer->body == "once");
    CHECK(server.reaches_connections(0));
  }
  CHECK(server.begun() == 3);
}

TEST_CASE("a connection unused for longer than idle_limit is closed, whoever the next request is for") {
  std::atomic<int> closed{0};
  const ScriptedServer server([&](ScriptedServer::Peer& peer) {
    answer_all(peer);
    ++closed;
  });
  const ScriptedServer other(answer_all);
  Caller caller(Client::Options{.idle_limit = 1ms});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(caller.get(server.url()).has_value());
    std::this_thread::sleep_for(5ms);  // the idleness under test
  }
  CHECK(server.connections() == 3);
  REQUIRE(caller.get(other.url()).has_value());
  CHECK(testing::eventually(10s, [&] { return closed == 3; }));
}

// Once the 103 was taken for the answer, and each caller got the answer to the one before.
TEST_CASE("answers that only announce the answer are skipped, and each request gets its own") {
  const ScriptedServer server([](ScriptedServer::Peer& peer) {
    for (int i = 1; peer.read_request(); ++i) {
      if (i % 2 == 0) peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i);
      peer.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + answer);
    }
  });
  Caller caller;
  for (int i = 1; i <= 6; ++i) {
    const auto answer = caller.send({.method = i < 4 ? "GET" : "POST", .url = server.url()});
    REQUIRE(answer.has_value());
    CHECK(answer->status == 200);
    CHECK(answer->body == std::to_string(i));
    CHECK(answer->header("Link").empty());
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a server that announced an answer has the request: it is not repeated") {
  std::atomic<int> seen{0};
  const ScriptedServer server([&](ScriptedServer::Peer& peer) {
    while (peer.read_request()) {
      if (++seen % 2 == 0) return peer.send("HTTP/1.1 103 Early Hints\r\n\r\n");
      peer.send(ok);
    }
  });
  Caller caller;
  REQUIRE(caller.get(server.url()).has_value());
  CHECK(caller.failure({.url = server.url()}) == Failure::unknown_outcome);
  CHECK(seen == 2);
}

TEST_CASE("a connection is not kept with bytes behind the answer, nor after 101") {
  const ScriptedServer server([](ScriptedServer::Peer& peer) {
    peer.read_request();
    if (peer.number() == 0) peer.send(std::string(ok) + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray");
    if (peer.number() == 1) peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    if (peer.number() == 2) peer.send(ok);
    peer.wait_for_close();
  });
  Caller caller;
  CHECK(caller.get(server.url())->body == "ok");
  CHECK(caller.get(server.url())->status == 101);
  CHECK(caller.get(server.url())->body == "ok");
  CHECK(server.connections() == 3);
}

TEST_CASE("a fresh connection that ends without an answer is not tried again") {
  std::atomic<int> seen{0};
  const ScriptedServer server([&](ScriptedServer::Peer& peer) {
    if (peer.read_request()) ++seen;
  });
  Caller caller;
  CHECK(caller.failure({.url = server.url()}) == Failure::unknown_outcome);
  CHECK(seen == 1);
}

TEST_CASE("an answer that breaks off has an unknown outcome, and is not tried again") {
  for (const std::string part : {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "not HTTP\r\n\r\n"}) {
    INFO(part);
    std::atomic<int> seen{0};
    const ScriptedServer server([&](ScriptedServer::Peer& peer) {
      while (peer.read_request()) {
        if (++seen % 2 == 0) return peer.send(part);  // the second, on a kept connection
        peer.send(ok);
      }
    });
    Caller caller;
    REQUIRE(caller.get(server.url()).has_value());
    CHECK(caller.failure({.url = server.url()}) == Failure::unknown_outcome);
    CHECK(seen == 2);
  }
}

TEST_CASE("nobody there is unavailable: nothing was sent") {
  Caller caller;
  CHECK(caller.failure({.url = nobody()}) == Failure::unavailable);
  CHECK(caller.failure({.url = "http://nobody.invalid/"}) == Failure::unavailable);
}

TEST_CASE("the deadline covers everything, and says whether the request may have arrived") {
  std::atomic<int> seen{0};
  const ScriptedServer silent([&](ScriptedServer::Peer& peer) {
    peer.read_request();
    ++seen;
    peer.send("HTTP/1.1 200 OK\r\n");
    peer.wait_for_close();
  });
  Caller caller;
  const auto began = std::chrono::steady_clock::now();
  CHECK(caller.failure({.url = silent.url(), .deadline = 200ms}) == Failure::unknown_outcome);
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took >= 200ms);
  CHECK(took < 5s);
  CHECK(seen == 1);
}

TEST_CASE("a look-up that hangs has timed out at the deadline, and its end harms nobody") {
  const ScriptedServer server(answer_all);
  Caller caller;
  const HangingNames names;
  const auto began = std::chrono::steady_clock::now();
  for (const auto* url : {"http://one.hang.test/", "http://two.hang.test/"}) {  // the other waits behind the one
    CHECK(caller.failure({.url = url, .deadline = 100ms}) == Failure::timed_out);
  }
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took >= 200ms);
  CHECK(took < 5s);
  CHECK(caller.get(server.url()).has_value());
  HangingNames::end();
  CHECK(caller.failure({.url = "http://three.hang.test/"}) == Failure::unavailable);
  CHECK(hanging <= 2);
}

// Once the timer's handler was queued behind the look-up's, and cancelled a resolver that was no more (seen by asan).
TEST_CASE("a look-up that ends at the same moment as its deadline is answered once") {
  Caller caller;
  const HangingNames names;
  caller.meanwhile([] {
    CHECK(testing::eventually(10s, [] { return hanging == 1; }));
    HangingNames::end();
    std::this_thread::sleep_for(300ms);  // past the deadline: both are ready when the loop looks again
  });
  CHECK(caller.send({.url = "http://both.hang.test/", .deadline = 200ms}).has_error());
  CHECK(caller.failure({.url = nobody()}) == Failure::unavailable);
}

TEST_CASE("an answer past body_max is refused, whether its length is announced or not") {
  const ScriptedServer server([](ScriptedServer::Peer& peer) {
    peer.read_request();
    const std::string big(2000, 'x');
    if (peer.number() == 0) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + big);
    if (peer.number() == 1) peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + big);
    if (peer.number() == 2) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + big.substr(1000));
    peer.wait_for_close();
  });
  Caller caller(Client::Options{.body_max = 1000});
  CHECK(caller.failure({.url = server.url()}) == Failure::unknown_outcome);
  CHECK(caller.failure({.url = server.url()}) == Failure::unknown_outcome);
  CHECK(caller.get(server.url())->body.size() == 1000);
}

TEST_CASE("what is no http or https URL is refused") {
  Caller caller;
  for (const auto* url :
       {"", "127.0.0.1", "ftp://127.0.0.1/", "http://", "http://user@127.0.0.1/", "http://127.0.0.1:/",
        "http://127.0.0.1:x/", "http://127.0.0.1:65536/", "http://127.0.0.1:999999/", "http://:80/",
        "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1\r\n/"}) {
    INFO(url);
    CHECK(caller.failure({.url = url}) == Failure::invalid);
  }
  CHECK(caller.failure({.url = "http://127.0.0.1/#top"}) == Failure::invalid);
}

TEST_CASE("no header can end its line and begin another") {
  const ScriptedServer server(answer_all);
  Caller caller;
  for (const std::string value : {"a\r\nX: y", "a\nb", "a\rb"}) {
    CHECK(caller.failure({.url = server.url(), .headers = {{"X-One", value}}}) == Failure::invalid);
    CHECK(caller.failure({.url = server.url(), .headers = {{value, "one"}}}) == Failure::invalid);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("redirects are answers") {
  const ScriptedServer server([](ScriptedServer::Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  Caller caller;
  const auto answer = caller.get(server.url());
  CHECK(answer->status == 302);
  CHECK(answer->header("Location") == "http://127.0.0.1:1/");
}

TEST_CASE("over TLS a certificate must be vouched for, and name the host") {
  const testing::TempFolder folder;
  const auto own = testing::make_certificate(folder.path(), "own", "127.0.0.1");
  const auto stranger = testing::make_certificate(folder.path(), "stranger", "127.0.0.1");
  const auto elsewhere = testing::make_certificate(folder.path(), "elsewhere", "example.com");
  testing::TestServerOptions options;
  options.tls = std::make_shared<common::http::TlsContext>(own.certificate, own.key);
  const testing::TestServer server(options);
  testing::TestServerOptions misnamed_options;
  misnamed_options.tls = std::make_shared<common::http::TlsContext>(elsewhere.certificate, elsewhere.key);
  const testing::TestServer misnamed(misnamed_options);
  const auto url = [](const testing::TestServer& of) {
    return "https://127.0.0.1:" + std::to_string(of.port()) + "/hello";
  };

  Caller trusting(Client::Options{.ca_file = own.certificate});
  for (int i = 0; i < 3; ++i) {
    const auto answer = trusting.get(url(server));
    REQUIRE(answer.has_value());
    CHECK(answer->body == "hello");
  }
  CHECK(Caller(Client::Options{.ca_file = stranger.certificate}).failure({.url = url(server)}) == Failure::unavailable);
  CHECK(Caller().failure({.url = url(server)}) == Failure::unavailable);
  CHECK(Caller(Client::Options{.ca_file = elsewhere.certificate}).failure({.url = url(misnamed)}) ==
        Failure::unavailable);
}
