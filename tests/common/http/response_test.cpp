#include "common/http/response.h"

#include "common/http/response_writer.h"
#include "common/json.h"
#include "tests/support/catch.h"
#include "tests/support/raw_client.h"

using namespace common;
using namespace common::http;
using namespace testing;
using namespace std::string_literals;

namespace {

std::string written(const Response& response, WriteOptions options = {}) {
  options.date = "Sun, 22 Nov 2026 04:46:18 GMT";
  std::string out;
  write_response(response, options, out);
  return out;
}

}  // namespace

TEST_CASE("no value can add a header or end the head") {
  for (const auto& evil : {"a\r\nX-Injected: yes"s, "a\nX-Injected: yes"s, "a\rX-Injected: yes"s, "a\r\n\r\n<html>"s,
                           "\r\n\r\n"s, "a\0\r\nX-Injected: yes"s, "a\r\r\n\nX-Injected: yes"s, "\x16\x7F b"s}) {
    Response response(302);
    response.header("Location", evil).header("X-Last", "here");
    std::string bytes = written(response);
    const auto parsed = take_response(bytes);
    REQUIRE(parsed.has_value());
    CHECK_FALSE(parsed->has("X-Injected"));
    CHECK(parsed->headers.size() == 4);  // and Date, Content-Length
    CHECK(parsed->header("X-Last") == "here");
    CHECK(bytes.empty());
  }
}

TEST_CASE("an answer is written with its length, its date and its connection's fate") {
  const Response response = text(200, "hello");
  CHECK(written(response) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: Sun, 22 Nov 2026 "
        "04:46:18 GMT\r\n"
        "Content-Length: 5\r\n\r\nhello");
  CHECK(written(response, {.keep_alive = false}).find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(written(response, {.version = 10}).find("\r\nConnection: keep-alive\r\n") != std::string::npos);
  CHECK(written(response, {.head_only = true}).ends_with("Content-Length: 5\r\n\r\n"));
  CHECK(written(Response{}).ends_with("Content-Length: 0\r\n\r\n"));
  CHECK(written(Response{204}).find("Content-Length") == std::string::npos);
}

TEST_CASE("a streamed answer has chunks, for HTTP/1.0 its connection's end") {
  Response response(200);
  response.stream = [](BodyWriter&) -> Task<void> { co_return; };
  CHECK(written(response).find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(written(response).find("Content-Length") == std::string::npos);
  CHECK(written(response, {.keep_alive = false, .version = 10}).find("Transfer-Encoding") == std::string::npos);
  std::string chunks;
  write_chunk("hello", chunks);
  write_chunk(std::string(255, 'x'), chunks);
  write_last_chunk(chunks);
  CHECK(chunks == "5\r\nhello\r\nff\r\n" + std::string(255, 'x') + "\r\n0\r\n\r\n");
}

TEST_CASE("an error is JSON in the one form, whatever its texts hold") {
  const Response response =
      error(422, "URL_INVALID", "say \"why\"\n\xff", {{"longUrl", "must be a \"string\""}, {"", "x"}});
  CHECK(response.status == 422);
  CHECK(response.error_code == "URL_INVALID");
  CHECK(response.has_header("content-type"));
  const auto parsed = parse_json(response.body);
  REQUIRE(parsed.has_value());
  const auto& object = parsed->at("error").as_object();
  CHECK(object.at("code").as_string() == "URL_INVALID");
  CHECK(object.at("message").as_string() == "say \"why\"\n\xEF\xBF\xBD");
  CHECK(object.at("details").as_array().size() == 2);
  CHECK(object.at("details").at(0).at("field").as_string() == "longUrl");
  CHECK(object.at("details").at(0).at("problem").as_string() == "must be a \"string\"");
  CHECK(parse_json(error(404, "NOT_FOUND", "gone").body)->at("error").at("details").as_array().empty());
}

TEST_CASE("of an expected failure a client hears whether to try again, and nothing of the inside") {
  for (const auto kind : {Failure::unavailable, Failure::timed_out, Failure::overloaded, Failure::closed,
                          Failure::unknown_outcome, Failure::invalid, Failure::internal}) {
    const Response response = failed({kind, "redis://secret-host:6379 refused"});
    INFO(to_string(kind));
    CHECK(response.body.find("secret") == std::string::npos);
    const bool again = kind != Failure::invalid && kind != Failure::internal;
    CHECK(response.has_header("Retry-After") == again);
    CHECK(response.status == (again ? 503 : kind == Failure::invalid ? 422 : 500));
  }
}

TEST_CASE("headers are found by name, without regard to case, and only whole names") {
  Response response;
  response.header("ETag", "\"1\"").raw_headers("X-Long-Name: v\r\n");
  CHECK(response.has_header("etag"));
  CHECK(response.has_header("X-Long-Name"));
  CHECK_FALSE(response.has_header("X-Long"));
  CHECK_FALSE(response.has_header("Tag"));
  CHECK_FALSE(Response{}.has_header("ETag"));
}

TEST_CASE("every status that the contract names has its phrase") {
  for (const int status : {100, 101, 200, 201, 202, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404,
                           405, 408, 409, 410, 412, 413, 414, 415, 421, 422, 428, 429, 431, 500, 501, 503}) {
    INFO(status);
    CHECK(reason_phrase(status) != "Unknown");
  }
  CHECK(reason_phrase(299) == "Unknown");
}
