// Decisions through a real Redis: step by step against the reference model, and by several processes at once.

#include <atomic>
#include <thread>

#include "rate_limiter/redis_scripts.h"
#include "tests/rate_limiter/steps.h"
#include "tests/rate_limiter/stores_under_test.h"
#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

using namespace rate_limiter;
using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("through a real Redis every algorithm decides as its definition does") {
  if (!redis_service()) return;
  LimiterStores stores("redis");
  for (const auto& [algorithm, id, description] : algorithms) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      std::vector<RuleLimit> limits;
      const std::string name = unique_name("steps");
      const auto difference =
          first_difference(algorithm, seed, 150, [&](std::size_t i, const Limit& limit, Ticks now, std::int64_t cost) {
            const RuleLimit named(name + std::to_string(i), limit);
            stores.clock().advance(std::chrono::microseconds{now - ticks_of(stores.clock().now())});
            return decide(stores.one(), named, "key", cost);
          });
      INFO(difference);
      REQUIRE(difference.empty());
    }
  }
}

TEST_CASE("two servers on one Redis admit exactly the limit, whoever is asked") {
  const auto redis = redis_service();
  if (!redis) return;
  const std::vector<std::string> flags{"--store", std::string(std::getenv("REDIS_URL")), "--store-timeout", "5s"};
  ServerProcess one(flags, {}, "rate_limiter");
  ServerProcess two(flags, {}, "rate_limiter");
  const std::string key = unique_name("client");
  const std::string body = R"({"rule":"api","key":")" + key + "\"}";
  std::atomic<int> admitted = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      ApiClient api(i % 2 ? one.port() : two.port());
      for (int n = 0; n < 100; ++n) {
        const int status = api.post("/v1/check", body).status;
        admitted += status == 200 ? 1 : 0;
        refused += status == 429 ? 1 : 0;
      }
    });
  }
  for (auto& each : clients)
    each.join();
  // Tokens go on dripping in, one in nine seconds.
  CHECK(admitted >= 100);
  CHECK(admitted <= 102);
  CHECK(admitted + refused == 800);
}

TEST_CASE("a key expires when nothing of it is used any more, by Redis' own clock") {
  const auto redis = redis_service();
  if (!redis) return;
  RunningRuntime running(1);
  common::redis::Client client(running.runtime(), {.connection = {.endpoint = *redis}, .timeout = 10s});
  LimiterStoreRedis store(client);
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    const auto limit = rule_limit(algorithm, 5, 60 * ticks_per_second);
    const std::string key = redis_key({&limit, "alice"});
    for (int i = 0; i < 2; ++i) {
      const auto before = std::chrono::steady_clock::now();
      const Decision decision = decide(store, limit, "alice", 2);
      REQUIRE(decision.allowed);
      const auto reply = run_task(client.command("PTTL", key));
      const auto took = std::chrono::steady_clock::now() - before;
      REQUIRE(reply.has_value());
      const std::int64_t life = ceil_div(decision.reset_after, 1'000) + 1;
      CHECK(reply->integer <= life);
      CHECK(reply->integer >= life - std::chrono::ceil<std::chrono::milliseconds>(took).count() - 1);
    }
  }
  const auto stop = [&]() -> common::Task<> { co_await running.runtime().shut_down(10s); };
  run_task(stop());
}

TEST_CASE("with Redis' own clock a client that waits as told succeeds") {
  const auto redis = redis_service();
  if (!redis) return;
  ServerProcess server({"--store", std::string(std::getenv("REDIS_URL"))}, {}, "rate_limiter");
  ApiClient api(server.port());
  for (const auto& [algorithm, id, description] : algorithms) {
    const std::string rule = unique_name("wait");
    REQUIRE(api.request("PUT", "/v1/rules/" + rule, "Content-Type: application/json\r\n",
                        R"({"limit":2,"period":"300ms","algorithm":")" + std::string(id) + "\"}")
                .status == 201);
    const std::string body = R"({"rule":")" + rule + R"(","key":"a"})";
    RawResponse answer;
    for (int i = 0; i < 10 && answer.status != 429; ++i)
      answer = api.post("/v1/check", body);
    INFO(id);
    REQUIRE(answer.status == 429);
    const auto wait = std::chrono::milliseconds{std::stoi(text_at(answer, "/retryAfterMs"))};
    CHECK(wait <= 600ms);
    std::this_thread::sleep_for(wait);  // as told
    CHECK(api.post("/v1/check", body).status == 200);
  }
}
