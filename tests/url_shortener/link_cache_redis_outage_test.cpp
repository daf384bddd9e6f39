// A redirect's Redis that is slow, silent or gone. What it does while it is there: tests/services.

#include "tests/common/redis/fake_redis.h"
#include "tests/support/redis_service.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/link_cache_redis.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;
using testing::FakeRedis;

namespace {

// `test(cache)` against `redis`, whose commands may take `timeout`.
template <class Test>
void with_cache(common::redis::ConnectionOptions connection, std::chrono::milliseconds timeout,
                const common::Clock& clock, Test test) {
  const common::redis::Client::Options options{.connection = connection, .timeout = timeout};
  testing::with_redis(options, 1, [&](common::redis::Client& client, common::Runtime& runtime) -> Task<> {
    IdSourceMemory ids;
    common::Metrics metrics;
    LinkCacheRedis cache(client, ids, clock);
    cache.start(runtime, metrics);
    co_await test(cache);
  });
}

}  // namespace

TEST_CASE("a silent Redis is asked five times in vain, then left alone until a probe finds it back") {
  std::atomic<int> gets = 0;
  std::atomic<int> not_probes = 0;
  std::atomic<bool> silent = true;
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    while (const auto command = peer.next()) {
      gets += command->front() == "GET";
      not_probes += command->front() != "PING";
      if (!silent) peer.send(command->front() == "PING" ? "+PONG\r\n" : "$20\r\n3 - 0 https://a.test\r\n");
    }
  });
  auto connection = redis.options();
  connection.silence_max = 200ms;
  const common::SystemClock clock;
  with_cache(connection, 5ms, clock, [&](LinkCacheRedis& cache) -> Task<> {
    for (int i = 0; i < 50; ++i) {
      const auto known = co_await cache.find("abc");
      CHECK_FALSE(known);
    }
    CHECK(gets <= 5);  // fewer reach it where connecting takes longer than an answer may
    for (int i = 0; i < 50; ++i)
      co_await cache.put("abc", new_link("abc"), clock.now());
    CHECK(not_probes <= 5);  // while the breaker is open only probes reach it
    silent = false;
    auto known = co_await cache.find("abc");
    for (int i = 0; !known && i < 30'000; ++i) {
      co_await common::sleep_for(1ms);  // between two questions
      known = co_await cache.find("abc");
    }
    REQUIRE(known);
    REQUIRE(known->link);
    CHECK(known->link->long_url == "https://a.test");
    CHECK(known->link->version == 3);
  });
}

TEST_CASE("what Redis could not be told of is not read from it until it must have ended there") {
  std::atomic<bool> refuses = false;
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    while (const auto command = peer.next()) {
      if (command->front() == "GET") {
        peer.send("$20\r\n3 - 0 https://a.test\r\n");
      } else {
        peer.send(refuses ? "-OOM command not allowed\r\n" : ":1\r\n");
      }
    }
  });
  common::ManualClock clock;
  with_cache(redis.options(), 10s, clock, [&](LinkCacheRedis& cache) -> Task<> {
    const auto knows = [&]() -> Task<bool> { co_return (co_await cache.find("abc")).has_value(); };
    bool known = co_await knows();
    CHECK(known);
    co_await cache.changed("abc", 4);
    known = co_await knows();
    CHECK(known);  // told: that the entry is old is this fake's doing
    refuses = true;
    co_await cache.changed("abc", 5);
    clock.advance(LinkCacheRedis::entry_lifetime - 1us);
    known = co_await knows();
    CHECK_FALSE(known);
    clock.advance(1us);
    known = co_await knows();
    CHECK(known);
    co_await cache.changed("new", 1);
    clock.advance(LinkCacheRedis::absent_lifetime - 1us);
    known = co_await knows();
    CHECK_FALSE(known);
    clock.advance(1us);
    known = co_await knows();
    CHECK(known);
  });
}

TEST_CASE("what is in Redis and was not written by this program is no answer") {
  std::string entry;
  FakeRedis redis([&](FakeRedis::Peer& peer) {
    while (peer.next())
      peer.send("$" + std::to_string(entry.size()) + "\r\n" + entry + "\r\n");
  });
  const common::SystemClock clock;
  with_cache(redis.options(), 10s, clock, [&](LinkCacheRedis& cache) -> Task<> {
    for (const char* text : {"", "x", "1", "1 ", "1 !", "1 -", "1 - 0", "1 - 0 ", "1 - 2 https://a.test",
                             "1 x 0 https://a.test", "-1 - 0 https://a.test"}) {
      entry = text;
      const auto known = co_await cache.find("abc");
      INFO(text);
      CHECK_FALSE(known);
    }
    entry = "1 1750000000000000 1 https://a.test/?q=a b";
    const auto known = co_await cache.find("abc");
    REQUIRE(known);
    CHECK(known->link->expires_at == noon);
    CHECK(known->link->deleted);
    CHECK(known->link->long_url == "https://a.test/?q=a b");
  });
}
