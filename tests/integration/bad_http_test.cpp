// Requests that are no proper HTTP/1.1, against the real program: what would let two servers in a row disagree about
// where a request ends (smuggling, RFC 9112 section 11.2) is refused with 400 and the connection's end.

#include <string>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::string_literals;

namespace {

struct Shape {
  std::string name;
  std::string bytes;
  int status;
  bool closes = true;
};

const std::string host = "Host: x\r\n";
const std::string post = "POST /shorten HTTP/1.1\r\n" + host + "Content-Type: application/json\r\n";

// A second request behind the bad one: never answered, for nobody knows where it begins.
const std::string smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

const std::vector<Shape> shapes = {
    {"two lengths that differ", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
    {"two lengths that agree", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
    {"a list of lengths", post + "Content-Length: 5, 5\r\n\r\n", 400},
    {"a signed length", post + "Content-Length: +5\r\n\r\n", 400},
    {"a negative length", post + "Content-Length: -1\r\n\r\n", 400},
    {"a length in hex", post + "Content-Length: 0x5\r\n\r\n", 400},
    {"a length past 2^64", post + "Content-Length: 18446744073709551621\r\n\r\n", 400},
    {"an empty length", post + "Content-Length:\r\n\r\n", 400},
    {"chunks and a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
    {"a length and chunks", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked, then identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
    {"gzip, then chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
    {"a coding nobody knows", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked behind a vertical tab",
     post + "Transfer-Encoding: \x0B"
            "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked in HTTP/1.0", "POST /shorten HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a space before the colon", post + "Content-Length : 5\r\n\r\n", 400},
    {"a folded line", post + "X-Long: a\r\n b\r\n\r\n", 400},
    {"a folded line with a tab", post + "X-Long: a\r\n\tb\r\n\r\n", 400},
    {"a folded first header", "GET / HTTP/1.1\r\n " + host + "\r\n", 400},
    {"a chunk size that is none", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {"a negative chunk size", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
    {"a chunk size with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
    {"a chunk size past 2^64", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n", 400},
    {"a chunk longer than its size", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", 400},
    {"an empty chunk size", post + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n", 400},
    {"a chunk size with a bare LF", post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400},
    {"no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", "GET /healthz HTTP/1.1\r\n" + host + host + "\r\n", 400},
    {"an empty Host", "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"a Host with a path", "GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
    {"a Host with a user", "GET /healthz HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"NUL in a header", "GET /healthz HTTP/1.1\r\n" + host + "X-A: a\0b\r\n\r\n"s, 400},
    {"CR in a header", "GET /healthz HTTP/1.1\r\n" + host + "X-A: a\rb\r\n\r\n", 400},
    {"a bare LF in the head", "GET /healthz HTTP/1.1\n" + host + "\r\n", 400},
    {"a bare LF between headers", "GET /healthz HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", 400},
    {"NUL in a header's name", "GET /healthz HTTP/1.1\r\n" + host + "X\0A: b\r\n\r\n"s, 400},
    {"a header without a name", "GET /healthz HTTP/1.1\r\n" + host + ": b\r\n\r\n", 400},
    {"a header without a colon", "GET /healthz HTTP/1.1\r\n" + host + "nonsense\r\n\r\n", 400},
    {"NUL in the target", "GET /a\0b HTTP/1.1\r\n"s + host + "\r\n", 400},
    {"a space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", 400},
    {"bytes beyond ASCII in the target", "GET /\xFF HTTP/1.1\r\n" + host + "\r\n", 400},
    {"a fragment in the target", "GET /healthz#top HTTP/1.1\r\n" + host + "\r\n", 400},
    {"a target that is no path", "GET healthz HTTP/1.1\r\n" + host + "\r\n", 400},
    {"HTTP/2.0", "GET /healthz HTTP/2.0\r\n" + host + "\r\n", 400},
    {"HTTP/9", "GET /healthz HTTP/9\r\n" + host + "\r\n", 400},
    {"no version", "GET /healthz\r\n\r\n", 400},
    {"TLS on a plain port",
     "\x16\x03\x01\x02\x01"
     "abc\r\n\r\n",
     400},
    {"64 KiB of one header", "GET /healthz HTTP/1.1\r\n" + host + "X-A: " + std::string(65536, 'a') + "\r\n\r\n", 431},
    {"64 KiB without an end", "GET /healthz HTTP/1.1\r\n" + host + "X-A: " + std::string(65536, 'a'), 431},
    {"a target of 16 KiB", "GET /" + std::string(16384, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
    {"a body over the limit", post + "Content-Length: 2000000\r\n\r\n", 413},
    {"a method that nobody knows", "BREW /healthz HTTP/1.1\r\n" + host + "\r\n", 501, false},
    {"OPTIONS of the server", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 204, false},
    {"a foreign authority", "GET http://other.example/healthz HTTP/1.1\r\n" + host + "\r\n", 421, false},
    {"CONNECT", "CONNECT other.example:443 HTTP/1.1\r\n" + host + "\r\n", 501, false},
};

}  // namespace

TEST_CASE("a bad shape is refused; behind it nothing is answered; others are served on") {
  ServerProcess server({"--store", "memory"});
  for (const auto& shape : shapes) {
    INFO(shape.name);
    RawClient client(server.port());
    client.try_send(shape.bytes + smuggled);
    const auto refused = client.response();
    CHECK(refused.status == shape.status);
    if (refused.status >= 400) CHECK_FALSE(error_code(refused).empty());
    CHECK((refused.header("Connection") == "close") == shape.closes);
    if (shape.closes) {
      CHECK_FALSE(client.next_response());
    } else {
      CHECK(client.response().status == 200);  // the framing was clear: the next request is one
    }
    CHECK(get(server.port(), "/healthz").status == 200);
  }
  CHECK(server.running());
}

TEST_CASE("a hundred headers are too many, a few are not") {
  ServerProcess server({"--store", "memory"});
  const auto with_headers = [&](int count) {
    std::string headers;
    for (int i = 0; i < count; ++i) {
      headers += "X-" + std::to_string(i) + ": y\r\n";
    }
    return get(server.port(), "/healthz", headers).status;
  };
  CHECK(with_headers(90) == 200);
  CHECK(with_headers(200) == 431);
}

TEST_CASE("an absolute target is this server's own, by any of its names") {
  ServerProcess server({"--store", "memory", "--base-url", "https://sho.rt"});
  const std::string port = std::to_string(server.port());
  for (const auto& own : {"127.0.0.1:" + port, "localhost:" + port, "LocalHost:" + port, "[::1]:" + port, "sho.rt"s}) {
    INFO(own);
    RawClient client(server.port());
    client.send("GET http://" + own + "/healthz HTTP/1.1\r\nHost: anything\r\n\r\n");
    CHECK(client.response().status == 200);
  }
  for (const auto& foreign : {"127.0.0.1:1"s, "127.0.0.1"s, "sho.rt.evil.example"s, "evil.example:" + port}) {
    INFO(foreign);
    RawClient client(server.port());
    client.send("GET http://" + foreign + "/healthz HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n");
    const auto refused = client.response();
    CHECK(refused.status == 421);
    CHECK(error_code(refused) == "AUTHORITY_FOREIGN");
  }
}

TEST_CASE("well-formed but unusual requests are answered") {
  ServerProcess server({"--store", "memory"});
  RawClient client(server.port());
  const std::string body = R"({"longUrl":"https://example.com"})";
  client.send("\r\nGET /healthz HTTP/1.1\r\nhOsT:x\r\nX-Empty:\r\n\r\n");
  CHECK(client.response().status == 200);
  client.send(post + "Transfer-Encoding: Chunked\r\nTrailer: X\r\n\r\n5;a=\"b\"\r\n" + body.substr(0, 5) +
              "\r\n1C\r\n" + body.substr(5) + "\r\n0\r\nX: y\r\n\r\n");
  CHECK(client.response().status == 201);
  client.send(post + "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  CHECK(client.response().status == 100);
  client.send(body);
  CHECK(client.response().status == 201);
  client.send("OPTIONS /shorten HTTP/1.1\r\n" + host + "\r\n");
  CHECK(client.response().header("Allow") == "POST, OPTIONS");
  client.send("GET /healthz HTTP/1.0\r\n\r\n");
  CHECK(client.response().status == 200);
  CHECK(client.ended());
}
