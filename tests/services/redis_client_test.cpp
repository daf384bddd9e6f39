// The Redis client against a real Redis.

#include <random>

#include "tests/support/catch.h"
#include "tests/support/redis_process.h"
#include "tests/support/redis_service.h"

using namespace common::redis;
using namespace std::chrono_literals;
using namespace std::string_literals;
using common::Failure;
using common::Runtime;
using common::Task;

namespace {

// No two runs of a test use the same keys.
std::string own_prefix() {
  std::random_device random;
  return "test:" + std::to_string(random()) + std::to_string(random()) + ":";
}

// `test(client, runtime, prefix)`; skips aloud without a Redis.
template <class Test>
void with_real_redis(std::size_t threads, Test test) {
  const auto endpoint = testing::redis_service();
  if (!endpoint) return;
  const Client::Options options{.connection = {.endpoint = *endpoint}, .timeout = 10s};
  testing::with_redis(options, threads, [&](Client& client, Runtime& runtime) -> Task<> {
    co_await test(client, runtime, own_prefix());
  });
}

}  // namespace

TEST_CASE("a real Redis keeps any bytes") {
  with_real_redis(1, [](Client& client, Runtime&, std::string prefix) -> Task<> {
    std::string every_byte;
    for (int i = 0; i < 256; ++i)
      every_byte += static_cast<char>(i);
    for (const auto& value : {""s, "x"s, every_byte, std::string(1 << 20, '\n')}) {
      auto set = co_await client.command("SET", prefix + "k", value, "PX", "60000");
      CHECK(set.value().text == "OK");
      auto got = co_await client.command("GET", prefix + "k");
      CHECK(got.value().text == value);
    }
    auto absent = co_await client.command("GET", prefix + "absent");
    CHECK(absent.value().is_nil());
    const std::string key = prefix + "k";
    auto many = co_await client.command("MGET", key, "no such key", key);
    REQUIRE(many.value().elements.size() == 3);
    CHECK(many.value().elements[1].is_nil());
    auto wrong = co_await client.command("LPUSH", key, "x");
    REQUIRE(wrong.has_error());
    CHECK(wrong.error().kind == Failure::internal);
    co_await client.command("DEL", key);
  });
}

TEST_CASE("many coroutines of two threads count in a real Redis without losing one") {
  with_real_redis(2, [](Client& client, Runtime& runtime, std::string prefix) -> Task<> {
    const Script add(
        "local sum = redis.call('INCRBY', KEYS[1], ARGV[1])\n"
        "redis.call('PEXPIRE', KEYS[1], 60000)\n"
        "return sum");
    std::atomic<int> running = 128;
    std::atomic<int> failed = 0;
    const auto worker = [&]() -> Task<> {
      for (int i = 0; i < 50; ++i) {
        const auto sum = co_await client.run(add, prefix + "sum", "2");
        failed += sum.has_error();
      }
      --running;
    };
    for (int i = 0; i < 128; ++i)
      common::spawn(runtime.executor(static_cast<std::size_t>(i) % 2), "worker", worker());
    for (int i = 0; running > 0 && i < 60'000; ++i)
      co_await common::sleep_for(1ms);  // between two questions
    CHECK(failed == 0);
    auto sum = co_await client.command("GET", prefix + "sum");
    CHECK(sum.value().text == "12800");
  });
}

TEST_CASE("a connection that Redis ends is replaced") {
  with_real_redis(1, [](Client& client, Runtime&, std::string prefix) -> Task<> {
    auto id = co_await client.command("CLIENT", "ID");
    co_await client.command("CLIENT", "KILL", "ID", std::to_string(id.value().integer), "SKIPME", "no");
    auto again = co_await client.command("SET", prefix + "k", "v", "PX", "1000");
    for (int i = 0; again.has_error() && i < 1000; ++i) {
      co_await common::sleep_for(10ms);  // between two questions
      again = co_await client.command("SET", prefix + "k", "v", "PX", "1000");
    }
    CHECK(again.has_value());
    auto other = co_await client.command("CLIENT", "ID");
    CHECK(other.value().integer != id.value().integer);
  });
}

TEST_CASE("a client that asks is told which Redis each connection was made to, and that a restarted one is another") {
  if (!testing::RedisProcess::is_there()) return;
  testing::RedisProcess redis;
  std::vector<std::string> run_ids;
  Client::Options options{.connection = {.endpoint = parse_endpoint(redis.url()).value()}, .timeout = 10s};
  options.connection.backoff = {10ms, 100ms};
  options.connection.on_open = [&](const ServerIdentity& identity) {
    CHECK(identity.run_id.size() == 40);
    CHECK(identity.uptime < 60s);
    run_ids.push_back(identity.run_id);
  };
  testing::with_redis(options, 1, [&](Client& client, Runtime&) -> Task<> {
    const auto first = co_await client.command("PING");
    CHECK(first.has_value());
    CHECK(run_ids.size() == 1);
    redis.kill();
    redis.start();
    for (int i = 0; i < 500 && run_ids.size() < 2; ++i)
      co_await common::sleep_for(10ms);  // until it is connected again
    const auto second = co_await client.command("PING");
    CHECK(second.has_value());
  });
  REQUIRE(run_ids.size() == 2);
  CHECK(run_ids[0] != run_ids[1]);
}

TEST_CASE("a wrong password is said, without saying it") {
  const auto endpoint = testing::redis_service();
  if (!endpoint) return;
  Client::Options options{.connection = {.endpoint = *endpoint}, .timeout = 10s};
  options.connection.endpoint.password = "not the password";
  testing::with_redis(options, 1, [](Client& client, Runtime&) -> Task<> {
    const auto reply = co_await client.command("PING");
    REQUIRE(reply.has_error());
    CHECK(reply.error().kind == Failure::unavailable);
    INFO(reply.error().message);
    CHECK(reply.error().message.find("AUTH") != std::string::npos);
    CHECK(reply.error().message.find("not the password") == std::string::npos);
  });
}
