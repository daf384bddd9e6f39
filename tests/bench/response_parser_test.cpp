#include "bench/load/response_parser.h"

#include <string>

#include "tests/support/catch.h"

using bench::load::parse_response_head;
using bench::load::ParseState;

namespace {

const std::string redirect =
    "HTTP/1.1 302 Found\r\n"
    "Location: https://example.com/\r\n"
    "content-length:  5 \r\n"
    "\r\n";

}  // namespace

TEST_CASE("an answer's status, head and body length are read") {
  const auto head = parse_response_head(redirect + "hello", false);
  REQUIRE(head.state == ParseState::complete);
  REQUIRE(head.status == 302);
  REQUIRE(head.head_bytes == redirect.size());
  REQUIRE(head.body_bytes == 5);
  REQUIRE_FALSE(head.close);
}

TEST_CASE("an answer is incomplete at every cut before its empty line") {
  for (std::size_t cut = 0; cut < redirect.size(); ++cut) {
    REQUIRE(parse_response_head(redirect.substr(0, cut), false).state == ParseState::incomplete);
  }
}

TEST_CASE("answers without a body need no length") {
  REQUIRE(parse_response_head("HTTP/1.1 204 No Content\r\n\r\n", false).body_bytes == 0);
  REQUIRE(parse_response_head("HTTP/1.1 304 Not Modified\r\n\r\n", false).state == ParseState::complete);
  const auto to_head = parse_response_head("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true);
  REQUIRE(to_head.state == ParseState::complete);
  REQUIRE(to_head.body_bytes == 0);
}

TEST_CASE("a server that will close says so") {
  REQUIRE(parse_response_head("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", false).close);
  REQUIRE(parse_response_head("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false).close);
}

TEST_CASE("answers that could be misread are malformed") {
  const char* text = GENERATE("HTTP/1.1 200 OK\r\n\r\n",                                            // no length
                              "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",                       //
                              "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",                      //
                              "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",                         //
                              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",  //
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",              //
                              "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",           //
                              "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",                      //
                              "HTTP/1.1 100 Continue\r\n\r\n",                                      // not final
                              "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", "hello\r\n\r\n", "\r\n\r\n");
  const auto head = parse_response_head(text, false);
  INFO(text);
  REQUIRE(head.state == ParseState::malformed);
  REQUIRE(std::string(head.problem) != "");
}

TEST_CASE("an endless header block is given up at 64 KiB") {
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'a');
  REQUIRE(parse_response_head(endless, false).state == ParseState::malformed);
}
