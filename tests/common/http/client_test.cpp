#include "common/http/client.h"

#include <atomic>
#include <string>

#include "tests/common/http/test_server.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"
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
    io_.run();
    return std::move(*outcome);
  }
  Result<ClientResponse> get(const std::string& url) { return send({.url = url}); }
  Failure failure(ClientRequest request) {
    auto outcome = send(std::move(request));
    REQUIRE(outcome.has_error());
    return outcome.error().kind;
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

}  // namespace

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

TEST_CASE("what may not be repeated is not, even on a connection that was closed meanwhile") {
  for (const auto* method : {"POST", "PATCH"}) {
    INFO(method);
    std::atomic<int> seen{0};
    const ScriptedServer server([&](ScriptedServer::Peer& peer) {
      if (peer.read_request()) {
        ++seen;
        peer.send(ok);
      }
    });
    Caller caller;
    CHECK(caller.send({.method = method, .url = server.url(), .body = "1"}).has_value());
    CHECK(caller.failure({.method = method, .url = server.url(), .body = "2"}) == Failure::unknown_outcome);
    CHECK(seen == 1);
    CHECK(caller.send({.method = method, .url = server.url(), .body = "3"}).has_value());
  }
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
  CHECK(caller.failure({.url = server.url()}) == Failure::invalid);
  CHECK(caller.failure({.url = server.url()}) == Failure::invalid);
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
