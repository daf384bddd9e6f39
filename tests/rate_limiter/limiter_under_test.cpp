#include "tests/rate_limiter/limiter_under_test.h"

namespace testing {

LimiterServer::LimiterServer(std::vector<rate_limiter::Rule> rules, rate_limiter::Api::Options options)
    : LimiterServer(nullptr, std::move(rules), std::move(options)) {}

LimiterServer::LimiterServer(rate_limiter::LimiterStore* store, std::vector<rate_limiter::Rule> rules,
                             rate_limiter::Api::Options options)
    : book(1, rules.empty() ? rate_limiter::built_in_rules(rate_limiter::Algorithm::token_bucket) : std::move(rules),
           rate_limiter::Algorithm::token_bucket, metrics),
      limiter(book, store ? *store : memory, clock, metrics),
      api(limiter, std::move(options)) {
  api.add_routes(app.router());
}

LimiterServer::~LimiterServer() = default;

RawResponse LimiterServer::request(std::string_view method, std::string_view path, std::string_view headers,
                                   std::string_view body) {
  std::string message(method);
  message.append(" ").append(path).append(" HTTP/1.1\r\nHost: x\r\n").append(headers);
  message.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  wire.receive(message);
  wire.settle();
  std::string out = wire.take();
  auto response = take_response(out, method == "HEAD");
  REQUIRE(response);
  REQUIRE(out.empty());
  return *response;
}

RawResponse LimiterServer::get(std::string_view path) {
  return request("GET", path);
}

RawResponse LimiterServer::post(std::string_view path, std::string_view json, std::string_view headers) {
  return request("POST", path, "Content-Type: application/json\r\n" + std::string(headers), json);
}

RawResponse LimiterServer::put(std::string_view path, std::string_view json) {
  return request("PUT", path, "Content-Type: application/json\r\n", json);
}

RawResponse LimiterServer::check(std::string_view rule, std::string_view key, std::int64_t cost) {
  return post("/v1/check", R"({"rule":")" + std::string(rule) + R"(","key":")" + std::string(key) + R"(","cost":)" +
                               std::to_string(cost) + "}");
}

}  // namespace testing
