// Bodies that are refused, each with its status and code; and after each the server goes on as before.

#include <string>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::string_literals;

namespace {

struct Bad {
  std::string body;
  int status;
  std::string code;
  std::string says = {};  // somewhere in the answer
};

const std::vector<Bad> bodies = {
    // no JSON
    {"", 400, "JSON_MALFORMED", "empty"},
    {" ", 400, "JSON_MALFORMED"},
    {"{", 400, "JSON_MALFORMED"},
    {"longUrl", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com"}})", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com"} {})", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com",})", 400, "JSON_MALFORMED"},
    {R"({'longUrl':'https://example.com'})", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com"/**/})", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://a.example","longUrl":"https://b.example"})", 400, "JSON_MALFORMED"},
    {R"({"maxClicks":NaN,"longUrl":"https://example.com"})", 400, "JSON_MALFORMED"},
    {R"({"maxClicks":01,"longUrl":"https://example.com"})", 400, "JSON_MALFORMED"},
    {"{\"longUrl\":\"https://example.com/\n\"}", 400, "JSON_MALFORMED"},
    {"{\"longUrl\":\"https://example.com/\0\"}"s, 400, "JSON_MALFORMED"},
    {"\xEF\xBB\xBF{\"longUrl\":\"https://example.com\"}", 400, "JSON_MALFORMED"},
    {"{\"longUrl\":\"https://example.com/\xFF\"}", 400, "JSON_MALFORMED"},
    {"{\"longUrl\":\"https://example.com/\xC0\xAF\"}", 400, "JSON_MALFORMED"},
    {"{\"longUrl\":\"https://example.com/\xED\xA0\x80\"}", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com/\ud800"})", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com/\udc00\ud800"})", 400, "JSON_MALFORMED"},
    {R"({"longUrl":"https://example.com","tags":["\ud83d"]})", 400, "JSON_MALFORMED"},
    {std::string(10'000, '['), 400, "JSON_MALFORMED"},
    // JSON, but no link
    {"[]", 422, "JSON_NOT_AN_OBJECT"},
    {"null", 422, "JSON_NOT_AN_OBJECT"},
    {"\"https://example.com\"", 422, "JSON_NOT_AN_OBJECT"},
    {"7", 422, "JSON_NOT_AN_OBJECT"},
    {"{}", 422, "VALIDATION_FAILED", "longUrl"},
    {R"({"longUrl":null})", 422, "VALIDATION_FAILED", "is required"},
    {R"({"longUrl":7})", 422, "VALIDATION_FAILED", "must be a string"},
    {R"({"longUrl":["https://example.com"]})", 422, "VALIDATION_FAILED", "must be a string"},
    {R"({"longUrl":""})", 422, "URL_INVALID"},
    {R"({"url":"https://example.com"})", 422, "VALIDATION_FAILED",
     "accepted: longUrl, alias, ttlSeconds, expiresAt, maxClicks, tags, ifExists"},
    {R"({"longurl":"https://example.com"})", 422, "VALIDATION_FAILED", "accepted: longUrl"},
    {R"({"longUrl":"https://example.com","alias":7})", 422, "VALIDATION_FAILED", "alias"},
    {R"({"longUrl":"https://example.com","alias":"metrics"})", 422, "VALIDATION_FAILED", "reserved"},
    {R"({"longUrl":"https://example.com","alias":"../etc"})", 422, "VALIDATION_FAILED", "alias"},
    {R"({"longUrl":"https://example.com","ttlSeconds":"60"})", 422, "VALIDATION_FAILED", "ttlSeconds"},
    {R"({"longUrl":"https://example.com","ttlSeconds":-1})", 422, "VALIDATION_FAILED", "ttlSeconds"},
    {R"({"longUrl":"https://example.com","ttlSeconds":1e400})", 422, "VALIDATION_FAILED", "ttlSeconds"},
    {R"({"longUrl":"https://example.com","expiresAt":"2020-01-01T00:00:00Z"})", 422, "VALIDATION_FAILED", "future"},
    {R"({"longUrl":"https://example.com","expiresAt":"2027-02-30T00:00:00Z"})", 422, "VALIDATION_FAILED", "RFC 3339"},
    {R"({"longUrl":"https://example.com","maxClicks":0})", 422, "VALIDATION_FAILED", "maxClicks"},
    {R"({"longUrl":"https://example.com","tags":{}})", 422, "VALIDATION_FAILED", "tags"},
    {R"({"longUrl":"https://example.com","ifExists":"fail"})", 422, "VALIDATION_FAILED", "reuse"},
};

}  // namespace

TEST_CASE("a refused body has its status and code, and the server goes on") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  for (const auto& bad : bodies) {
    INFO(bad.body.substr(0, 200));
    const auto refused = api.post("/shorten", bad.body);
    CHECK(refused.status == bad.status);
    CHECK(error_code(refused) == bad.code);
    CHECK(refused.header("Content-Type") == "application/json");
    CHECK(refused.body.find(bad.says) != std::string::npos);
    CHECK_FALSE(text_at(refused, "/error/message").empty());
    CHECK(json_of(refused).at_pointer("/error/details").is_array());
    CHECK(api.get("/healthz").status == 200);  // on the same connection
  }
  CHECK(text_at(api.get("/v1/links"), "/data") == "[]");
}

TEST_CASE("a body that is not declared as JSON is 415, with the way to do it") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const std::string_view body = R"({"longUrl":"https://example.com"})";
  for (const auto* type :
       {"", "Content-Type: application/x-www-form-urlencoded\r\n", "Content-Type: text/plain\r\n",
        "Content-Type: application/jsonp\r\n", "Content-Type: \r\n", "Content-Type: application/json/x\r\n"}) {
    INFO(type);
    const auto refused = api.request("POST", "/shorten", type, body);
    CHECK(refused.status == 415);
    CHECK(error_code(refused) == "CONTENT_TYPE_UNSUPPORTED");
    CHECK(refused.body.find("curl --json") != std::string::npos);
  }
  for (const auto* type : {"application/json", "application/json; charset=utf-8", "Application/JSON ;charset=UTF-8"}) {
    INFO(type);
    CHECK(api.request("POST", "/shorten", "Content-Type: " + std::string(type) + "\r\n", body).status == 201);
  }
}

TEST_CASE("surrogates in pairs are characters like any other") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const auto created = api.post("/shorten", R"({"longUrl":"https://example.com/\ud83d\ude00","tags":["\u00fc"]})");
  CHECK(created.status == 201);
  CHECK(text_at(created, "/longUrl") == "https://example.com/%F0%9F%98%80");
  CHECK(text_at(created, "/tags") == "[\"\xC3\xBC\"]");
}
