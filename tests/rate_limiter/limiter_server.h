// The limiter's HTTP interface in one thread, without sockets: bytes of a request in, its answer out.
//
//   LimiterServer server;
//   const auto answer = server.post("/v1/check", R"({"rule":"login","key":"a"})");
//   server.clock.advance(12s);
//
// Real routes, engine, middleware and rules over a memory store; time stands still.

#pragma once

#include <string>
#include <string_view>

#include "common/http/application.h"
#include "rate_limiter/api.h"
#include "rate_limiter/limit_requests.h"
#include "rate_limiter/limiter_store_memory.h"
#include "rate_limiter/login.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/protocol_driver.h"

namespace testing {

using namespace std::chrono_literals;

class LimiterServer {
 public:
  explicit LimiterServer(std::vector<rate_limiter::Rule> rules = {}, rate_limiter::Api::Options options = {})
      : LimiterServer(nullptr, std::move(rules), std::move(options)) {}
  // Over another store, which outlives this.
  LimiterServer(rate_limiter::LimiterStore* store, std::vector<rate_limiter::Rule> rules,
                rate_limiter::Api::Options options = {})
      : book(1, rules.empty() ? rate_limiter::built_in_rules(rate_limiter::Algorithm::token_bucket) : std::move(rules),
             rate_limiter::Algorithm::token_bucket, metrics),
        limiter(book, store ? *store : memory, clock, metrics),
        api(limiter, std::move(options)) {
    api.add_routes(app.router());
  }

  RawResponse request(std::string_view method, std::string_view path, std::string_view headers = {},
                      std::string_view body = {}) {
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
  RawResponse get(std::string_view path) { return request("GET", path); }
  RawResponse post(std::string_view path, std::string_view json, std::string_view headers = {}) {
    return request("POST", path, "Content-Type: application/json\r\n" + std::string(headers), json);
  }
  RawResponse put(std::string_view path, std::string_view json) {
    return request("PUT", path, "Content-Type: application/json\r\n", json);
  }
  RawResponse check(std::string_view rule, std::string_view key, std::int64_t cost = 1) {
    return post("/v1/check", R"({"rule":")" + std::string(rule) + R"(","key":")" + std::string(key) + R"(","cost":)" +
                                 std::to_string(cost) + "}");
  }

  common::ManualClock clock;
  common::SeededRandom random{3};
  common::Metrics metrics;
  rate_limiter::LimiterStoreMemory memory{{}, clock, random};
  rate_limiter::RuleBook book;
  rate_limiter::Limiter limiter;
  common::http::Application app{1 << 20};
  rate_limiter::Api api;
  ProtocolDriver wire{app};
};

inline rate_limiter::Rule test_rule(std::string name, rate_limiter::Algorithm algorithm, std::int64_t limit,
                                    rate_limiter::Ticks period, std::optional<std::int64_t> burst = {}) {
  return {std::move(name), std::get<rate_limiter::Limit>(rate_limiter::make_limit(algorithm, limit, period, burst))};
}

}  // namespace testing
