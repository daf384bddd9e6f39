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
  explicit LimiterServer(std::vector<rate_limiter::Rule> rules = {}, rate_limiter::Api::Options options = {});
  // Over another store, which outlives this.
  LimiterServer(rate_limiter::LimiterStore* store, std::vector<rate_limiter::Rule> rules,
                rate_limiter::Api::Options options = {});
  ~LimiterServer();

  RawResponse request(std::string_view method, std::string_view path, std::string_view headers = {},
                      std::string_view body = {});
  RawResponse get(std::string_view path);
  RawResponse post(std::string_view path, std::string_view json, std::string_view headers = {});
  RawResponse put(std::string_view path, std::string_view json);
  RawResponse check(std::string_view rule, std::string_view key, std::int64_t cost = 1);

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
