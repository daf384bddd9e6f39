// What every stampede policy owes its readers, and what each of them saves. The same with processes and a real Redis:
// tests/cache_aside_services/stampede_test.cpp.

#include "cache_aside/make_stampede.h"

#include "tests/cache_aside/under_test.h"

using namespace cache_aside;
using testing::CacheUnderTest;
using namespace std::chrono_literals;

namespace {

// All in one process, so that nobody but us can have it.
class LocksHere final : public Locks {
 public:
  common::Task<common::Result<std::optional<std::string>>> acquire(std::string, common::Duration) override {
    if (held) co_return std::optional<std::string>();
    held = true;
    co_return std::optional<std::string>("token");
  }
  common::Task<> release(std::string, std::string) override {
    held = false;
    co_return;
  }
  bool held = false;
};

}  // namespace

TEST_CASE("whatever the policy, a read answers the row, caches it, and absence too") {
  for (const auto& choice : stampede_choices()) {
    INFO(std::string(choice.name));
    LocksHere locks;
    CacheUnderTest test(std::string(choice.name), Guard::stamp, &locks);
    for (const auto& read : test.read_many(50)) {
      REQUIRE(read);
      CHECK(read->entry.value == "one");
    }
    CHECK(test.read().source == Source::hit);
    CHECK(test.reads.read_now("row", 1.0)->entry.value == "one");
    CHECK_FALSE(locks.held);
    const int queries = test.queries;
    const bool herd = choice.name == "none" || choice.name == "early_refresh";
    CHECK(queries == (herd ? 50 : 1));
    test.cache.clear();
    test.row.reset();
    CHECK_FALSE(test.read().entry.value);
    CHECK(test.read().source == Source::negative);
    test.clock.advance(5s);  // negative_ttl
    test.row = Row{1, "back"};
    CHECK(test.read().entry.value == "back");
  }
}

TEST_CASE("whatever the policy, a failing database fails the read, not the next one") {
  for (const auto& choice : stampede_choices()) {
    INFO(std::string(choice.name));
    LocksHere locks;
    CacheUnderTest test(std::string(choice.name), Guard::stamp, &locks);
    test.fails = true;
    for (const auto& read : test.read_many(5))
      CHECK_FALSE(read);
    test.fails = false;
    CHECK(test.read().entry.value == "one");
  }
}

TEST_CASE("a TTL is shortened by chance, by no more than the jitter") {
  CacheUnderTest test("none");
  common::SeededRandom random(3);
  common::Duration shortest = 1h;
  common::Duration longest{0};
  for (int i = 0; i < 1000; ++i) {
    const Entry entry = test.reads.entry_of(Row{1, "x"}, 0, 100s, 0s, random);
    shortest = std::min<common::Duration>(shortest, entry.fresh_until - test.clock.now());
    longest = std::max<common::Duration>(longest, entry.fresh_until - test.clock.now());
  }
  CHECK(shortest >= 90s);
  CHECK(shortest < 91s);
  CHECK(longest <= 100s);
  CHECK(longest > 99s);
}

TEST_CASE("who comes after an invalidation does not join a load from before it, whatever the guard") {
  for (const Guard guard : {Guard::stamp, Guard::version}) {
    for (const std::string policy : {"single_flight", "stale_while_revalidate"}) {
      INFO(policy << ", guard " << static_cast<int>(guard));
      CacheUnderTest test(policy, guard);
      std::optional<Read> before;
      std::optional<Read> after;
      const auto play = [&]() -> common::Task<> {
        const auto executor = co_await common::asio::this_coro::executor;
        common::spawn(executor, "before", test.read_into(before));
        for (int i = 0; i < 2; ++i)
          co_await common::asio::post(executor, common::use_task);
        test.row = Row{2, "two"};
        co_await test.cache.invalidate("row", guard, 2);
        co_await test.read_into(after);
      };
      testing::run_task(play());
      CHECK(before->entry.value == "one");
      CHECK(after->entry.value == "two");
      CHECK(test.queries == 2);
      CHECK(test.read().entry.value == "two");
    }
  }
}

TEST_CASE("a load that replaces a value asks for no less than it, so that no replica brings back an older one") {
  CacheUnderTest test("stale_while_revalidate");
  test.row = Row{7, "seven"};
  test.read();
  CHECK(test.floor == 0);
  test.clock.advance(60s);
  CHECK(test.read().source == Source::stale);
  CHECK(test.queries == 2);
  CHECK(test.floor == 7);
}

TEST_CASE("a load whose answer never came is one that failed: a read has no outcome to be unknown") {
  CacheUnderTest test("single_flight");
  test.fails = true;
  test.failure = common::Failure::unknown_outcome;
  const auto read = [&]() -> common::Task<> {
    const auto failed = co_await test.reads.read("row", 60s, test.load());
    REQUIRE(failed.has_error());
    CHECK(failed.error().kind == common::Failure::unavailable);
  };
  testing::run_task(read());
}

TEST_CASE("early_refresh: one throw decides about one read, however often it is asked") {
  CacheUnderTest test("early_refresh", Guard::none, nullptr, {.jitter_percent = 0});
  common::SeededRandom random(7);
  Entry entry = test.reads.entry_of(Row{1, "x"}, 0, 60s, 0s, random);
  entry.load_time = 1s;
  entry.fresh_until = entry.kept_until = test.clock.now() + 2s;  // loaded early with probability e^-2 = 0.135
  constexpr int reads = 2000;
  int loads = 0;
  for (int i = 0; i < reads; ++i) {
    test.cache.put_now("row", entry, Guard::none, "");
    const double chance = CacheAside::throw_chance(random);
    if (test.reads.read_now("row", chance)) continue;
    const auto read = [&]() -> common::Task<> {
      const auto found = co_await test.reads.read("row", 60s, test.load(), chance);
      loads += found.has_value() && found->source == Source::miss ? 1 : 0;
    };
    testing::run_task(read());
  }
  CHECK(loads > 0.10 * reads);  // two throws: 0.018 of them
  CHECK(loads < 0.17 * reads);
}

TEST_CASE("distributed_lock: a load that throws leaves the lock to the next") {
  LocksHere locks;
  CacheUnderTest test("distributed_lock", Guard::stamp, &locks);
  const Load throws = [](std::uint64_t) -> common::Task<common::Result<std::optional<Row>>> {
    throw std::runtime_error("a bug");
    co_return std::optional<Row>();
  };
  const auto read = [&]() -> common::Task<> {
    const auto failed = co_await test.reads.read("row", 60s, throws);
    CHECK(failed.has_error());
  };
  testing::run_task(read());
  CHECK_FALSE(locks.held);
  CHECK(test.read().entry.value == "one");
}

TEST_CASE("stale_while_revalidate: past its TTL a value is served while one load replaces it") {
  CacheUnderTest test("stale_while_revalidate");
  test.read();
  test.row = Row{2, "two"};
  test.clock.advance(60s);
  const auto reads = test.read_many(20);
  for (const auto& read : reads) {
    CHECK(read->source == Source::stale);
    CHECK(read->entry.value == "one");
  }
  CHECK(test.queries == 2);
  CHECK(test.read().entry.value == "two");
  CHECK(test.read().source == Source::hit);
  test.clock.advance(60s + 60s);  // the TTL and the time that stale is served
  CHECK(test.read().source == Source::miss);
}

TEST_CASE("early_refresh: without a value there is nothing to refresh early, and everybody loads") {
  CacheUnderTest test("early_refresh");
  test.read();
  testing::run_task(test.cache.invalidate("row", Guard::stamp, 2));
  test.queries = 0;
  test.read_many(30);
  CHECK(test.queries == 30);
}
