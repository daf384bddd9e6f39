// The shared cache of redirects over a real Redis: what must never come back.

#include "url_shortener/link_cache_redis.h"

#include <fstream>
#include <thread>

#include "tests/support/redis_process.h"
#include "tests/support/redis_service.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/link_caches.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;

namespace {

// `test(one, two)`: two processes' caches of one store. Each test has a secret, and so keys, of its own.
template <class Test>
void with_caches(Test test) {
  const auto endpoint = testing::redis_service();
  if (!endpoint) return;
  const common::redis::Client::Options options{.connection = {.endpoint = *endpoint}, .timeout = 10s};
  testing::with_redis(options, 1, [&](common::redis::Client& client, common::Runtime&) -> Task<> {
    IdSourceMemory ids;
    const common::SystemClock clock;
    LinkCacheRedis one(client, ids, clock);
    LinkCacheRedis two(client, ids, clock);
    co_await test(one, two);
  });
}

// "none" (no such code), "unknown" (ask the store), or the URL.
Task<std::string> said(LinkCacheRedis& cache, std::string code) {
  const auto known = co_await cache.find(code);
  if (!known) co_return "unknown";
  if (!known->link) co_return "none";
  co_return known->link->long_url;
}

Task<> expect(LinkCacheRedis& cache, std::string what, std::string code = "abc") {
  const std::string found = co_await said(cache, std::move(code));
  CHECK(found == what);
}

Link version(std::uint64_t number, std::string url) {
  Link link = new_link("abc", std::move(url));
  link.version = number;
  return link;
}

}  // namespace

TEST_CASE("what one process has put another one finds") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis& two) -> Task<> {
    co_await expect(two, "unknown");
    Link link = version(7, "https://a.test/?q=%20&\xC3\xBC");
    link.expires_at = noon + 1h;
    co_await one.put("abc", link, one.stamp());
    const auto known = co_await two.find("abc");
    REQUIRE(known);
    REQUIRE(known->link);
    CHECK(known->link->code == "abc");
    CHECK(known->link->long_url == link.long_url);
    CHECK(known->link->expires_at == noon + 1h);
    CHECK(known->link->version == 7);
    CHECK_FALSE(known->link->deleted);
    CHECK_FALSE(known->link->max_clicks);
  });
}

TEST_CASE("a row that was read before an edit is not kept after it") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis& two) -> Task<> {
    co_await one.put("abc", version(1, "https://old.test/"), one.stamp());
    co_await two.changed("abc", 2);
    co_await expect(one, "unknown");
    co_await one.put("abc", version(1, "https://old.test/"), one.stamp());  // the late one
    co_await expect(one, "unknown");
    co_await one.put("abc", version(2, "https://new.test/"), one.stamp());
    co_await expect(two, "https://new.test/");
    co_await one.put("abc", version(1, "https://old.test/"), one.stamp());
    co_await expect(two, "https://new.test/");
  });
}

TEST_CASE("that there is no such code is forgotten when it is created, and does not come back") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis& two) -> Task<> {
    co_await one.put("abc", std::nullopt, one.stamp());
    co_await expect(two, "none");
    co_await two.changed("abc", 1);
    co_await expect(one, "unknown");
    co_await one.put("abc", std::nullopt, one.stamp());  // asked of the store before the link was there
    co_await expect(two, "unknown");
    co_await one.put("abc", version(1, "https://a.test/"), one.stamp());
    co_await expect(two, "https://a.test/");
  });
}

TEST_CASE("a write that Redis executes late keeps its row no longer than one in time") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis& two) -> Task<> {
    const auto long_ago = one.stamp() - LinkCacheRedis::entry_lifetime - 1s;
    co_await one.put("abc", version(1, "https://old.test/"), long_ago + 30s);
    co_await expect(two, "https://old.test/");
    co_await one.put("abc", version(1, "https://old.test/"), long_ago);
    co_await expect(two, "unknown");
    co_await one.put("abc", std::nullopt, one.stamp() - LinkCacheRedis::absent_lifetime - 1s);
    co_await expect(two, "unknown");
  });
}

TEST_CASE("a row that lay in the buffer of a frozen Redis has ended when the edit's process asks Redis again") {
  if (!testing::RedisProcess::is_there()) return;
  testing::RedisProcess redis;
  common::redis::Client::Options options;
  options.timeout = 50ms;
  options.connection.endpoint = common::redis::parse_endpoint(redis.url()).value();
  testing::with_redis(options, 1, [&](common::redis::Client& client, common::Runtime&) -> Task<> {
    IdSourceMemory ids;
    const common::SystemClock clock;
    LinkCacheRedis one(client, ids, clock);
    std::string known = "unknown";
    for (int i = 0; known == "unknown" && i < 200; ++i) {  // until it is connected, and Redis knows the script
      co_await one.put("def", version(1, "https://a.test/"), one.stamp());
      known = co_await said(one, "def");
    }
    REQUIRE(known == "https://a.test/");
    redis.freeze();
    const auto read_at = one.stamp() - LinkCacheRedis::entry_lifetime + 300ms;
    co_await one.put("abc", version(1, "https://old.test/"), read_at);  // in the buffer: nobody answers
    // Redis counts whole milliseconds, and an entry has its last one.
    std::this_thread::sleep_until(read_at + LinkCacheRedis::entry_lifetime + 5ms);
    redis.thaw();
    LinkCacheRedis other(client, ids, clock);
    const auto answers = [&]() -> Task<bool> { co_return (co_await client.command("PING")).has_value(); };
    bool is_back = false;
    for (int i = 0; !is_back && i < 200; ++i)
      is_back = co_await answers();
    CHECK(is_back);
    co_await expect(other, "unknown");
  });
}

TEST_CASE("the bound within which an edit is seen at last is the one that the study page names") {
  CHECK(LinkCaches::edits_seen_at_last == 62s);
  std::ifstream page(std::string(SOURCE_DIR) + "/url_shortener/README.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  CHECK(text.find("within " + std::to_string(LinkCaches::edits_seen_at_last.count()) + " s if Redis") !=
        std::string::npos);
}

TEST_CASE("a change of unknown outcome leaves nothing behind") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis& two) -> Task<> {
    co_await one.put("abc", version(1, "https://old.test/"), one.stamp());
    co_await one.changed("abc", std::nullopt);
    co_await expect(two, "unknown");
  });
}

TEST_CASE("a link that counts its clicks is not kept") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis& two) -> Task<> {
    Link link = version(1, "https://a.test/");
    link.max_clicks = 5;
    co_await one.put("abc", link, one.stamp());
    co_await expect(two, "unknown");
  });
}

TEST_CASE("shorteners with stores of their own do not read each other's links") {
  with_caches([](LinkCacheRedis& one, LinkCacheRedis&) -> Task<> {
    co_await one.put("abc", version(1, "https://a.test/"), one.stamp());
    co_return;
  });
  with_caches([](LinkCacheRedis& one, LinkCacheRedis&) -> Task<> { co_await expect(one, "unknown"); });
}
