#include "common/http/request_parser.h"

#include "tests/common/http/messages.h"
#include "tests/common/http/parse_pieces.h"
#include "tests/support/catch.h"

using namespace common::http;
using namespace testing;
using State = RequestParser::State;

namespace {

void require_refused(const std::vector<Refused>& messages) {
  for (const auto& [what, bytes, status, code] : messages) {
    INFO(what);
    const Parsed parsed = parse(bytes);
    REQUIRE(parsed.state == State::failed);
    CHECK(parsed.status == status);
    CHECK(parsed.code == code);
  }
}

Parsed require_accepted(std::string_view bytes) {
  INFO(bytes);
  Parsed parsed = parse(bytes);
  INFO(parsed.code);
  REQUIRE(parsed.state == State::done);
  return parsed;
}

}  // namespace

TEST_CASE("a message whose length two parsers could read differently is refused") {
  require_refused(refused_framing());
}

TEST_CASE("ill-formed header fields, line ends and folds are refused, too many are 431") {
  require_refused(refused_fields());
}

TEST_CASE("ill-formed request lines are refused, too long a target is 414") {
  require_refused(refused_request_lines());
}

TEST_CASE("a missing, repeated, empty or ill-formed Host is refused") {
  require_refused(refused_hosts());
}

TEST_CASE("ill-formed or unbounded chunks and trailers are refused, too large a body is 413") {
  require_refused(refused_chunks());
}

TEST_CASE("a request is taken apart as it was sent") {
  const Parsed parsed = require_accepted(
      "GET /a%20b/c?x=1&y=?/ HTTP/1.1\r\nHost: example.com:8080\r\nAccept:  text/html "
      "\t\r\nX-Empty:\r\n"
      "x-LOWER: \xc3\xbc\r\n\r\n");
  CHECK(parsed.method == "GET");
  CHECK(parsed.target == "/a%20b/c?x=1&y=?/");
  CHECK(parsed.path == "/a%20b/c");
  CHECK(parsed.query == "x=1&y=?/");
  CHECK(parsed.authority == "example.com:8080");
  CHECK(parsed.fields == "Host=example.com:8080;Accept=text/html;X-Empty=;x-LOWER=\xc3\xbc;");
  CHECK(parsed.body.empty());
  CHECK(parsed.version == 11);
  CHECK(parsed.keep_alive);
  CHECK(parsed.left == 0);
}

TEST_CASE("headers are found without regard to case, and absent differs from empty") {
  Request request;
  RequestParser parser(request);
  parser.feed(
      get_with("aCCept: a\r\nOrigin:\r\nX-request-id: 7\r\nLAST-EVENT-ID: 9\r\nX-Other: "
               "o\r\nAccept: b\r\n"));
  REQUIRE(parser.state() == State::done);
  CHECK(request.header(Header::accept) == "a");
  CHECK(request.header(Header::x_request_id) == "7");
  CHECK(request.header(Header::last_event_id) == "9");
  CHECK(request.has(Header::origin));
  CHECK(request.header(Header::origin).empty());
  CHECK_FALSE(request.has(Header::cookie));
  CHECK(request.header("x-OTHER") == "o");
  CHECK(request.header("x-absent").empty());
}

TEST_CASE("every method's name is known, and an unknown one is not an error of syntax") {
  for (const char* name : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    Request request;
    RequestParser parser(request);
    parser.feed(std::string(name) + " / HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(parser.state() == State::done);
    CHECK(to_string(request.method) == name);
  }
  for (const char* name : {"get", "TRACE", "PROPFIND", "BREW", "M-SEARCH", "!#$%&'*+.^_`|~"}) {
    Request request;
    RequestParser parser(request);
    parser.feed(std::string(name) + " / HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(parser.state() == State::done);
    CHECK(request.method == Method::other);
    CHECK(request.method_name == name);
  }
}

TEST_CASE("an absolute-form target names the authority, whatever Host says") {
  const Parsed parsed = require_accepted("GET HTTP://Example.com:80/p?q HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(parsed.authority == "Example.com:80");
  CHECK(parsed.path == "/p");
  CHECK(parsed.query == "q");
  const Parsed bare = require_accepted("GET https://example.com HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(bare.authority == "example.com");
  CHECK(bare.path == "/");
  const Parsed query = require_accepted("GET http://example.com?q=/ HTTP/1.1\r\nHost: other\r\n\r\n");
  CHECK(query.path == "/");
  CHECK(query.query == "q=/");
}

TEST_CASE("asterisk-form is for OPTIONS, authority-form for CONNECT") {
  CHECK(require_accepted("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").path == "*");
  CHECK(require_accepted("CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n").method == "CONNECT");
}

TEST_CASE("hosts are names, addresses and ports") {
  for (const char* host : {"x", "example.com", "example.com:8080", "example.com:", "127.0.0.1:0", "[::1]",
                           "[2001:db8::1]:443", "a_b.example", "a%20b", "xn--bcher-kva.example"}) {
    CHECK(require_accepted("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").authority == host);
  }
}

TEST_CASE("HTTP/1.0 needs no Host and keeps alive only when asked") {
  const Parsed plain = require_accepted("GET / HTTP/1.0\r\n\r\n");
  CHECK(plain.version == 10);
  CHECK_FALSE(plain.keep_alive);
  CHECK(require_accepted("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  CHECK_FALSE(require_accepted(get_with("Connection: Close\r\n")).keep_alive);
  CHECK_FALSE(require_accepted(get_with("Connection: foo, close , bar\r\n")).keep_alive);
}

TEST_CASE("empty lines before a request are ignored, between pipelined ones too") {
  CHECK(require_accepted("\r\n" + get_with("")).path == "/");
  CHECK(require_accepted(repeat("\r\n", 50) + get_with("")).path == "/");
  Request request;
  RequestParser parser(request);
  CHECK(parser.feed("\r\n\r\n") == 4);
  CHECK(parser.untouched());
  CHECK(parser.feed("\r") == 1);
  CHECK_FALSE(parser.untouched());
  CHECK(parser.feed("\n") == 1);
  CHECK(parser.untouched());
}

TEST_CASE("a head of exactly 32 KiB, 100 fields and a target of 8 KiB are within the limits") {
  const std::string around = get_with("N: \r\n");
  const std::string longest = get_with("N: " + std::string(RequestParser::max_head - around.size(), 'v') + "\r\n");
  REQUIRE(longest.size() == RequestParser::max_head);
  require_accepted(longest);
  std::string longer = longest;
  longer.insert(longer.size() - 4, "v");
  CHECK(parse(longer).status == 431);
  require_accepted(get_with(repeat("N: v\r\n", 99)));
  require_accepted("GET /" + std::string(8191, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

TEST_CASE("a parser used again remembers nothing of the message before") {
  Request request;
  RequestParser parser(request);
  parser.feed("POST http://own/a?b HTTP/1.0\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n");
  parser.set_max_body(10);
  parser.feed("abc");
  REQUIRE(parser.state() == State::done);
  REQUIRE(request.body == "abc");
  parser.reset();
  CHECK(parser.untouched());
  parser.feed("GET / HTTP/1.1\r\nHost: y\r\n\r\n");
  REQUIRE(parser.state() == State::done);
  CHECK(request.body.empty());
  CHECK(request.query.empty());
  CHECK(request.authority == "y");
  CHECK_FALSE(request.absolute_form);
  CHECK(request.version == 11);
  CHECK(parser.keep_alive());
  CHECK_FALSE(request.has(Header::content_length));
  CHECK(request.headers().size() == 1);
}
