// Bodies, and the property that holds the parser together: where a message is cut in two changes nothing.

#include "common/http/request_parser.h"
#include "tests/common/http/messages.h"
#include "tests/common/http/parse_pieces.h"
#include "tests/support/catch.h"

using namespace common::http;
using namespace testing;
using State = RequestParser::State;

namespace {

std::vector<std::string> accepted() {
  return {
      get_with(""),
      "\r\n\r\n" + get_with("Accept: a\r\n"),
      "\r\n" + post_with("Content-Length: 5\r\n", "hello"),
      post_with("Content-Length: 5\r\n", "hello") + get_with(""),
      post_with("Content-Length: 00005\r\n", "hello"),
      post_with("Content-Length: 0\r\n"),
      post_with("Content-Length: 4096\r\n", std::string(4096, 'a')),
      "POST / HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi",
      post_with("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"),
      chunked("0\r\n\r\n"),
      chunked("5\r\nhello\r\n0\r\n\r\n"),
      chunked("5\r\nhello\r\n0\r\n\r\n") + chunked("0\r\n\r\n"),
      chunked("0005\r\nhello\r\n000\r\n\r\n"),
      chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
      chunked("5;a\r\nhello\r\n0\r\n\r\n"),
      chunked("5;a=b;c=\"d;\\\"\te\"\r\nhello\r\n0;last=yes\r\n\r\n"),
      chunked("5 ; a = b\r\nhello\r\n0\r\n\r\n"),
      chunked("1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n"),
      chunked("0\r\nTrailer: value\r\nOther: v\r\n\r\n"),
      chunked("5\r\nhello\r\n0\r\nExpires: never\r\n\r\n") + get_with(""),
      post_with("transfer-ENCODING: \tChunKED \t\r\n", "2\r\nhi\r\n0\r\n\r\n"),
      "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET http://x/a?b HTTP/1.1\r\nHost: y\r\n\r\n",
  };
}

std::vector<Refused> all_refused() {
  std::vector<Refused> all;
  for (auto part : {refused_framing(), refused_fields(), refused_request_lines(), refused_hosts(), refused_chunks()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

// Every cut of short messages; of long ones those around the limits and some in between.
std::vector<std::size_t> cuts(std::size_t size) {
  std::vector<std::size_t> at;
  for (std::size_t i = 1; i < size; ++i) {
    const bool near_limit = i % 4096 < 8 || i % 4096 > 4088;
    if (size < 1000 || near_limit || i < 100 || i + 100 > size || i % 997 == 0) at.push_back(i);
  }
  return at;
}

void require_no_difference(const std::string& what, std::string_view message) {
  INFO(what);
  const Parsed whole = parse(message);
  for (const std::size_t cut : cuts(message.size())) {
    const bool same = parse_pieces({message.substr(0, cut), message.substr(cut)}) == whole;
    INFO("cut at " << cut);
    REQUIRE(same);
  }
  const Parsed by_byte = parse_pieces(single_bytes(message));
  CHECK(by_byte.message == whole.message);
  CHECK(by_byte.left == whole.left);
  const bool same_byte_by_byte = by_byte == whole;
  CHECK(same_byte_by_byte);
}

}  // namespace

TEST_CASE("a body is what its length or its chunks say") {
  CHECK(parse(post_with("Content-Length: 5\r\n", "hello")).body == "hello");
  CHECK(parse(post_with("Content-Length: 5\r\n", "helloGET")).left == 3);
  CHECK(parse(chunked("5;a=b;c=\"d\"\r\nhello\r\nA\r\n, worldwid\r\n1\r\ne\r\n0\r\n\r\n")).body == "hello, worldwide");
  CHECK(parse(chunked("0\r\n\r\n")).state == State::done);
  CHECK(parse(chunked("1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n")).body == "\r\n");
  CHECK(parse(post_with("Content-Length: 00005\r\n", "hello")).body == "hello");
}

TEST_CASE("trailers are dropped: they become no header") {
  const Parsed parsed = parse(chunked("5\r\nhello\r\n0\r\nAuthorization: x\r\nHost: y\r\n\r\n"));
  REQUIRE(parsed.state == State::done);
  CHECK(parsed.fields == "Host=x;Transfer-Encoding=chunked;");
  CHECK(parsed.authority == "x");
}

TEST_CASE("a body of exactly the limit is taken, by length and in chunks") {
  CHECK(parse(post_with("Content-Length: 4096\r\n", std::string(4096, 'a'))).body.size() == 4096);
  CHECK(parse(chunked("800\r\n" + std::string(2048, 'a') + "\r\n800\r\n" + std::string(2048, 'a') + "\r\n0\r\n\r\n"))
            .body.size() == 4096);
}

TEST_CASE("too long a body is refused when its head is read, before a byte of it") {
  Request request;
  RequestParser parser(request);
  parser.feed(post_with("Content-Length: 11\r\n"));
  REQUIRE(parser.state() == State::body);
  CHECK(parser.content_length() == 11u);
  parser.set_max_body(10);
  CHECK(parser.state() == State::failed);
  CHECK(parser.failure().status == 413);
  CHECK(request.body.capacity() < 100);
}

TEST_CASE("only HTTP/1.1 can expect 100-continue") {
  CHECK(parse(post_with("Expect: 100-Continue\r\nContent-Length: 1\r\n", "a")).expects_continue);
  CHECK_FALSE(parse(post_with("Expect: 200-ok\r\nContent-Length: 1\r\n", "a")).expects_continue);
  CHECK_FALSE(parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na").expects_continue);
}

TEST_CASE("a message that is not whole yet is neither done nor failed") {
  for (const auto& message : accepted()) {
    const Parsed whole = parse(message);
    INFO(message);
    REQUIRE(whole.state == State::done);
    const std::size_t size = message.size() - whole.left;
    for (std::size_t cut = 0; cut < size; ++cut) {
      const auto state = parse(std::string_view(message).substr(0, cut)).state;
      const bool open = state == State::head || state == State::body;
      REQUIRE(open);
    }
  }
}

TEST_CASE("where a well-formed message is cut changes nothing") {
  for (const auto& message : accepted())
    require_no_difference(message.substr(0, 200), message);
}

TEST_CASE("where a refused message is cut changes nothing") {
  for (const auto& [what, bytes, status, code] : all_refused())
    require_no_difference(what, bytes);
}
