#include "common/redis/client.h"

#include <algorithm>
#include <thread>

#include "tests/common/redis/fake_redis.h"
#include "tests/support/catch.h"
#include "tests/support/redis_service.h"

using namespace common::redis;
using namespace std::chrono_literals;
using common::Failure;
using common::Runtime;
using common::Task;
using testing::FakeRedis;

namespace {

Client::Options options_for(const FakeRedis& redis) {
  return {.connection = redis.options(), .timeout = 30s};
}

}  // namespace

TEST_CASE("a script is sent by its name, and whole once to a Redis that does not know it") {
  std::vector<FakeRedis::Command> seen;
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    for (bool known = false; const auto command = peer.next(); known = true) {
      seen.push_back(*command);
      peer.send(known ? ":7\r\n" : "-NOSCRIPT No matching script. Please use EVAL.\r\n");
    }
  });
  const Script script("return 7");
  testing::with_redis(options_for(redis), 1, [&](Client& client, Runtime&) -> Task<> {
    for (int i = 0; i < 2; ++i) {
      auto reply = co_await client.run(script, "key", "a", "b");
      CHECK(reply.value().integer == 7);
    }
  });
  const std::string sha1 = "59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9";  // printf 'return 7' | sha1sum
  REQUIRE(seen.size() == 3);
  CHECK(seen[0] == FakeRedis::Command{"EVALSHA", sha1, "1", "key", "a", "b"});
  CHECK(seen[1] == FakeRedis::Command{"EVAL", "return 7", "1", "key", "a", "b"});
  CHECK(seen[2] == FakeRedis::Command{"EVALSHA", sha1, "1", "key", "a", "b"});
}

TEST_CASE("a script that is sent twice ends by the deadline of one command") {
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    peer.next();
    std::this_thread::sleep_for(700ms);  // a slow Redis, which then says nothing at all
    peer.send("-NOSCRIPT No matching script. Please use EVAL.\r\n");
    while (peer.next()) {
    }
  });
  const Script script("return 7");
  testing::with_redis({.connection = redis.options(), .timeout = 1s}, 1, [&](Client& client, Runtime&) -> Task<> {
    const auto start = std::chrono::steady_clock::now();
    const auto reply = co_await client.run(script, "key");
    REQUIRE(reply.has_error());
    CHECK(reply.error().kind == Failure::unknown_outcome);
    CHECK(std::chrono::steady_clock::now() - start < 1500ms);  // two deadlines would be 1700
  });
}

TEST_CASE("Redis' own errors say whether another try may succeed") {
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    while (const auto command = peer.next())
      peer.send("-" + command->back() + "\r\n");
  });
  const std::vector<std::pair<std::string, Failure>> errors = {
      {"LOADING Redis is loading the dataset in memory", Failure::unavailable},
      {"BUSY Redis is busy running a script", Failure::unavailable},
      {"READONLY You can't write against a read only replica.", Failure::unavailable},
      {"CLUSTERDOWN Hash slot not served", Failure::unavailable},
      {"OOM command not allowed when used memory > 'maxmemory'.", Failure::overloaded},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", Failure::internal},
      {"BUSYGROUP Consumer Group name already exists", Failure::internal},
  };
  testing::with_redis(options_for(redis), 1, [&](Client& client, Runtime&) -> Task<> {
    for (const auto& [sentence, kind] : errors) {
      const auto reply = co_await client.command("FAIL", sentence);
      REQUIRE(reply.has_error());
      CHECK(reply.error().kind == kind);
      CHECK(reply.error().message == sentence);
    }
  });
}

TEST_CASE("each thread of a runtime has its own connection to Redis") {
  FakeRedis redis([](FakeRedis::Peer& peer) {
    while (peer.next())
      peer.send(":" + std::to_string(peer.number()) + "\r\n");
  });
  testing::with_redis(options_for(redis), 3, [&](Client& client, Runtime& runtime) -> Task<> {
    std::vector<std::int64_t> connections;
    for (std::size_t thread = 0; thread < runtime.threads(); ++thread) {
      auto reply = co_await common::asio::co_spawn(runtime.executor(thread), client.command("WHO"), common::use_task);
      connections.push_back(reply.value().integer);
    }
    std::sort(connections.begin(), connections.end());
    CHECK(connections == std::vector<std::int64_t>{0, 1, 2});
    CHECK(client.connected());
  });
}
