// What every cache promises, local or shared (cache_aside/cache.h): the race stays closed, over a real Redis too.

#include <functional>

#include "cache_aside/cache_local.h"
#include "cache_aside/cache_none.h"
#include "cache_aside/cache_redis.h"
#include "cache_aside/cache_tiered.h"
#include "common/random.h"
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/redis_service.h"

using namespace cache_aside;
using namespace std::chrono_literals;
using common::Task;

namespace {

std::string unique_name() {
  const auto digits = common::hex_digits(common::SecureRandom().next());
  return std::string(digits.data(), digits.size());
}

// `test(one, two)`: the cache as two processes see it, which for a local one is the same.
void with_caches(const std::string& kind, const std::function<Task<>(Cache& one, Cache& two)>& test) {
  const common::SystemClock clock;
  common::Runtime runtime(1);
  std::unique_ptr<ServerRedis> server;
  std::unique_ptr<CacheRedis> shared;
  CacheLocal local(clock, {});
  std::unique_ptr<CacheTiered> both;
  if (kind != "local") {
    const auto endpoint = testing::redis_service();
    if (!endpoint) return;
    server = std::make_unique<ServerRedis>(
        runtime, ServerRedis::Options{.endpoint = *endpoint, .store = unique_name(), .timeout = 10s, .settling = 0s},
        clock);
    shared = std::make_unique<CacheRedis>(*server);
    both = std::make_unique<CacheTiered>(local, *shared, &CacheRedis::ticket_of, clock);
  }
  Cache& one = kind == "local" ? static_cast<Cache&>(local) : kind == "redis" ? static_cast<Cache&>(*shared) : *both;
  Cache& two = kind == "redis" ? static_cast<Cache&>(*shared) : one;
  const auto main = [&]() -> Task<> {
    while (server && !server->generation())
      co_await common::sleep_for(1ms);  // until it is connected
    co_await test(one, two);
    co_await runtime.shut_down(10s);
  };
  runtime.run(main());
}

Entry entry(std::uint64_t version, std::optional<std::string> value, std::chrono::seconds life = 60s) {
  Entry made;
  made.version = version;
  made.value = std::move(value);
  made.fresh_until = common::SystemClock().now() + life;
  made.kept_until = made.fresh_until + 10s;
  made.load_time = 1234us;
  return made;
}

// Here what needs no service; the rest with services (tests/CMakeLists.txt).
#ifndef CACHE_KINDS
#define CACHE_KINDS "local"
#endif
const std::string kinds[] = {CACHE_KINDS};

}  // namespace

TEST_CASE("what was put is found, whole, and absence is kept too") {
  for (const auto& kind : kinds) {
    INFO(kind);
    with_caches(kind, [](Cache& one, Cache& two) -> Task<> {
      for (const Guard guard : {Guard::none, Guard::stamp, Guard::version}) {
        const std::string key = "key " + std::to_string(static_cast<int>(guard));
        const Lookup miss = co_await one.get(key, guard);
        CHECK_FALSE(miss.entry);
        CHECK_FALSE(miss.away);
        const Entry put = entry(7, std::string("a value\0 with \n anything", 23));
        const bool kept = co_await one.put(key, put, guard, miss.ticket, "");
        CHECK(kept);
        const Lookup hit = co_await two.get(key, guard);
        REQUIRE(hit.entry);
        CHECK(hit.entry->version == 7);
        CHECK(hit.entry->value == put.value);
        CHECK(hit.entry->fresh_until == put.fresh_until);
        CHECK(hit.entry->kept_until == put.kept_until);
        CHECK(hit.entry->load_time == put.load_time);
        const Lookup other = co_await one.get(key + "?", guard);
        const Entry none = entry(0, std::nullopt);
        const bool negative = co_await one.put(key + "?", none, guard, other.ticket, "");
        CHECK(negative);
        const Lookup absent = co_await two.get(key + "?", guard);
        REQUIRE(absent.entry);
        CHECK_FALSE(absent.entry->value);
      }
    });
  }
}

TEST_CASE("a load from before an invalidation is refused afterwards, whoever asks") {
  for (const auto& kind : kinds) {
    INFO(kind);
    with_caches(kind, [](Cache& one, Cache& two) -> Task<> {
      for (const Guard guard : {Guard::stamp, Guard::version}) {
        const std::string key = "key " + std::to_string(static_cast<int>(guard));
        const Lookup before = co_await one.get(key, guard);
        const bool done = co_await two.invalidate(key, guard, 2);
        CHECK(done);
        const bool kept = co_await one.put(key, entry(1, "old"), guard, before.ticket, "");
        CHECK_FALSE(kept);
        const Lookup after = co_await one.get(key, guard);
        CHECK_FALSE(after.entry);
        CHECK(after.floor == 2);
        const bool again = co_await one.put(key, entry(2, "new"), guard, after.ticket, "");
        CHECK(again);
        co_await two.invalidate(key, guard, 2);  // late, or replayed: the value has the change already
        const Lookup last = co_await two.get(key, guard);
        REQUIRE(last.entry);
        CHECK(last.entry->value == "new");
        co_await two.invalidate(key, guard, 3);
        const Lookup gone = co_await one.get(key, guard);
        CHECK_FALSE(gone.entry);
      }
    });
  }
}

TEST_CASE("a refresh of a value is refused when the value was invalidated meanwhile") {
  for (const auto& kind : kinds) {
    INFO(kind);
    with_caches(kind, [](Cache& one, Cache& two) -> Task<> {
      const Lookup miss = co_await one.get("key", Guard::stamp);
      co_await one.put("key", entry(1, "old"), Guard::stamp, miss.ticket, "");
      const Lookup hit = co_await one.get("key", Guard::stamp);
      const bool refreshed = co_await one.put("key", entry(1, "old", 90s), Guard::stamp, hit.ticket, "");
      CHECK(refreshed);
      const Lookup again = co_await one.get("key", Guard::stamp);
      co_await two.invalidate("key", Guard::stamp, 2);
      const bool late = co_await one.put("key", entry(1, "old"), Guard::stamp, again.ticket, "");
      CHECK_FALSE(late);
    });
  }
}

TEST_CASE("without a guard the last put wins, which is the race itself") {
  for (const auto& kind : kinds) {
    INFO(kind);
    with_caches(kind, [](Cache& one, Cache& two) -> Task<> {
      const Lookup before = co_await one.get("key", Guard::none);
      co_await two.invalidate("key", Guard::none, 0);
      const bool kept = co_await one.put("key", entry(1, "old"), Guard::none, before.ticket, "");
      CHECK(kept);
      const Lookup stale = co_await two.get("key", Guard::none);
      CHECK(stale.entry->value == "old");
    });
  }
}

TEST_CASE("no cache keeps nothing and says so") {
  CacheNone none;
  common::Runtime runtime(1);
  const auto main = [&]() -> Task<> {
    const bool kept = co_await none.put("key", entry(1, "x"), Guard::none, "", "");
    CHECK_FALSE(kept);
    const Lookup lookup = co_await none.get("key", Guard::none);
    CHECK(lookup.away);
    const bool done = co_await none.invalidate("key", Guard::none, 0);
    CHECK(done);
  };
  runtime.run(main());
}
