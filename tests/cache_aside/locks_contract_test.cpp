// Locks in a real Redis (cache_aside/locks.h).

#include "cache_aside/cache_redis.h"
#include "cache_aside/locks_redis.h"
#include "common/random.h"
#include "common/text.h"
#include "tests/support/catch.h"
#include "tests/support/redis_service.h"

using namespace cache_aside;
using namespace std::chrono_literals;
using common::Task;

#ifdef CACHE_KINDS  // with services only

TEST_CASE("a lock has one holder at a time, expires, is released by its holder only, and fences a put") {
  const auto endpoint = testing::redis_service();
  if (!endpoint) return;
  const common::SystemClock clock;
  common::Runtime runtime(1);
  const auto digits = common::hex_digits(common::SecureRandom().next());
  ServerRedis server(
      runtime, {.endpoint = *endpoint, .store = {digits.data(), digits.size()}, .timeout = 10s, .settling = 0s}, clock);
  LocksRedis locks(server);
  CacheRedis cache(server);
  const auto main = [&]() -> Task<> {
    while (!server.generation())
      co_await common::sleep_for(1ms);  // until it is connected
    const auto first = co_await locks.acquire("key", 60s);
    REQUIRE(*first);
    const auto second = co_await locks.acquire("key", 60s);
    CHECK_FALSE(*second);
    co_await locks.release("key", "not the token");
    const auto third = co_await locks.acquire("key", 60s);
    CHECK_FALSE(*third);
    const Lookup miss = co_await cache.get("key", Guard::none);
    Entry entry;
    entry.value = "x";
    entry.fresh_until = entry.kept_until = clock.now() + 60s;
    const bool kept = co_await cache.put("key", entry, Guard::none, miss.ticket, **first);
    CHECK(kept);
    co_await locks.release("key", **first);
    const auto fourth = co_await locks.acquire("key", 20ms);
    REQUIRE(*fourth);
    common::Result<std::optional<std::string>> fifth(std::nullopt);
    while (!*fifth)  // until the fourth has expired
      fifth = co_await locks.acquire("key", 60s);
    const bool late = co_await cache.put("key", entry, Guard::none, miss.ticket, **fourth);
    CHECK_FALSE(late);
    co_await runtime.shut_down(10s);
  };
  runtime.run(main());
}

#endif
