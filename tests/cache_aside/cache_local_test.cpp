// The local cache: bounds, expiry, guards. What it shares with the other caches:
// tests/cache_aside/cache_contract_test.cpp.

#include "cache_aside/cache_local.h"

#include "tests/support/catch.h"

using namespace cache_aside;
using namespace std::chrono_literals;

namespace {

Entry entry(std::uint64_t version, std::string value, common::TimePoint until = never) {
  Entry made;
  made.version = version;
  made.value = std::move(value);
  made.fresh_until = made.kept_until = until;
  return made;
}

CacheLocal::Options small() {
  CacheLocal::Options options;
  options.shards = 1;
  options.entries_max = 4;
  options.markers_max = 2;
  return options;
}

}  // namespace

TEST_CASE("it holds so many entries and so many bytes, and no more") {
  const common::ManualClock clock;
  CacheLocal by_count(clock, small());
  for (int i = 0; i < 10; ++i)
    CHECK(by_count.put_now(std::to_string(i), entry(1, "x"), Guard::none, ""));
  CHECK(by_count.entries() == 4);
  auto options = small();
  options.entries_max = 1000;
  options.bytes_max = 10'000;
  CacheLocal by_bytes(clock, options);
  for (int i = 0; i < 10; ++i)
    CHECK(by_bytes.put_now(std::to_string(i), entry(1, std::string(3'000, 'x')), Guard::none, ""));
  CHECK(by_bytes.entries() == 3);
  CHECK(by_bytes.bytes() <= 10'000);
  CHECK_FALSE(by_bytes.put_now("large", entry(1, std::string(11'000, 'x')), Guard::none, ""));
  by_bytes.clear();
  CHECK(by_bytes.entries() == 0);
  CHECK(by_bytes.bytes() == 0);
}

TEST_CASE("what has expired is not there") {
  common::ManualClock clock;
  CacheLocal cache(clock, small());
  cache.put_now("a", entry(1, "x", clock.now() + 1s), Guard::none, "");
  CHECK(cache.peek("a"));
  clock.advance(1s);
  CHECK_FALSE(cache.peek("a"));
  CHECK(cache.entries() == 0);
}

TEST_CASE("a put of a load from before an invalidation is refused, also when the key was never there") {
  const common::ManualClock clock;
  CacheLocal cache(clock, small());
  const auto before = cache.look_up("a", Guard::stamp);
  cache.invalidate_now("a", Guard::stamp, 2);
  CHECK_FALSE(cache.put_now("a", entry(1, "old"), Guard::stamp, before.ticket));
  const auto after = cache.look_up("a", Guard::stamp);
  CHECK(after.floor == 2);
  CHECK(cache.put_now("a", entry(2, "new"), Guard::stamp, after.ticket));
  CHECK(cache.peek("a")->value == "new");
}

TEST_CASE("a marker that has to go early takes with it all puts of loads from before") {
  const common::ManualClock clock;
  CacheLocal cache(clock, small());
  const auto before = cache.look_up("a", Guard::version);
  cache.invalidate_now("a", Guard::version, 2);
  CHECK_FALSE(cache.put_now("a", entry(1, "old"), Guard::version, before.ticket));
  for (const char* other : {"b", "c", "d"})  // more than markers_max
    cache.invalidate_now(other, Guard::version, 2);
  CHECK_FALSE(cache.put_now("a", entry(1, "old"), Guard::version, before.ticket));
  CHECK(cache.put_now("a", entry(2, "new"), Guard::version, cache.look_up("a", Guard::version).ticket));
}

TEST_CASE("while it is suspended it is empty and keeps nothing, and what was loaded then is refused after") {
  const common::ManualClock clock;
  CacheLocal cache(clock, small());
  cache.put_now("a", entry(1, "x"), Guard::stamp, cache.look_up("a", Guard::stamp).ticket);
  cache.suspend();
  CHECK_FALSE(cache.peek("a"));
  const auto meanwhile = cache.look_up("a", Guard::stamp);
  CHECK_FALSE(cache.put_now("a", entry(1, "x"), Guard::stamp, meanwhile.ticket));
  cache.resume();
  CHECK_FALSE(cache.put_now("a", entry(1, "x"), Guard::stamp, meanwhile.ticket));
  CHECK(cache.put_now("a", entry(1, "x"), Guard::stamp, cache.look_up("a", Guard::stamp).ticket));
}

TEST_CASE("however few entries are asked for, there are no more") {
  const common::ManualClock clock;
  CacheLocal::Options options;  // 16 shards, if there are entries enough
  options.entries_max = 3;
  CacheLocal cache(clock, options);
  for (int i = 0; i < 100; ++i)
    cache.put_now(std::to_string(i), entry(1, "x"), Guard::none, "");
  CHECK(cache.entries() == 3);
}

TEST_CASE("a key that changes all the time has one marker, and puts of other keys go on") {
  const common::ManualClock clock;
  for (const Guard guard : {Guard::stamp, Guard::version}) {
    CacheLocal cache(clock, small());
    const auto other = cache.look_up("other", guard);
    for (std::uint64_t version = 2; version < 100; ++version)
      cache.invalidate_now("hot", guard, version);
    CHECK(cache.put_now("other", entry(1, "x"), guard, other.ticket));
    CHECK(cache.look_up("hot", guard).floor == 99);
  }
}

TEST_CASE("under a stamp a marker that goes early costs nobody a put") {
  const common::ManualClock clock;
  CacheLocal cache(clock, small());
  const auto before = cache.look_up("a", Guard::stamp);
  for (const char* other : {"b", "c", "d", "e"})  // more than markers_max
    cache.invalidate_now(other, Guard::stamp, 2);
  CHECK(cache.put_now("a", entry(1, "x"), Guard::stamp, before.ticket));
}

TEST_CASE("a marker that was renewed outlives one that was not") {
  common::ManualClock clock;
  CacheLocal cache(clock, small());
  cache.invalidate_now("a", Guard::version, 2);
  cache.invalidate_now("b", Guard::version, 2);
  clock.advance(20s);
  cache.invalidate_now("a", Guard::version, 3);
  clock.advance(20s);  // b's has ended, a's has not
  cache.invalidate_now("c", Guard::version, 2);
  CHECK(cache.look_up("a", Guard::version).floor == 3);
  CHECK(cache.look_up("b", Guard::version).floor == 0);
}
