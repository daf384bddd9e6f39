// The memory store: how much it takes, and whom it forgets.

#include "rate_limiter/limiter_store_memory.h"

#include <array>
#include <unordered_map>

#include "tests/rate_limiter/steps.h"
#include "tests/support/catch.h"

using namespace rate_limiter;

namespace {

constexpr Ticks second = ticks_per_second;
constexpr Ticks noon = 1'750'000'000 * second;

RuleLimit limit_of(Algorithm algorithm, std::int64_t limit, Ticks period) {
  return {"rule", std::get<Limit>(make_limit(algorithm, limit, period))};
}

struct Store {
  explicit Store(std::size_t keys_max) : store({.keys_max = keys_max}, clock, random) {}
  Decision decide(const RuleLimit& limit, std::string_view key, Ticks now = noon, std::int64_t cost = 1) {
    return store.decide({&limit, key, cost}, now);
  }

  common::ManualClock clock;
  common::SeededRandom random{7};
  LimiterStoreMemory store;
};

}  // namespace

TEST_CASE(
    "on the way to the bound a key takes at most 80 bytes, and the whole never more than 64 for each that may be") {
  constexpr std::size_t keys_max = 64'000;
  Store store(keys_max);
  const auto limit = limit_of(Algorithm::gcra, 5, 60 * second);
  for (std::size_t i = 1; i <= keys_max; ++i) {
    store.decide(limit, "key-" + std::to_string(i));
    if (i % 1'000 != 0) continue;
    const auto counts = store.store.counts();
    CHECK(counts.keys == i - counts.forgotten_early);
    CHECK(counts.bytes <= counts.keys * 82);  // the next step of growth, rounded down
    CHECK(counts.bytes <= keys_max * 64);
  }
}

TEST_CASE("exactly as many keys are kept as may be, also when they are no multiple of the shards") {
  Store store(1'000);
  const auto limit = limit_of(Algorithm::gcra, 5, 60 * second);
  for (int i = 0; i < 10'000; ++i)
    store.decide(limit, "key-" + std::to_string(i));
  CHECK(store.store.counts().keys == 1'000);
  CHECK(store.store.counts().bytes <= 64'000);
}

TEST_CASE("keys take at most 64 bytes each, and no more of them are kept whatever comes") {
  for (const auto& [algorithm, id, description] : algorithms) {
    if (has_log(algorithm)) continue;
    constexpr std::size_t keys_max = 64'000;
    Store store(keys_max);
    const auto limit = limit_of(algorithm, 5, 60 * second);
    for (std::size_t i = 0; i < 4 * keys_max; ++i)
      store.decide(limit, "key-" + std::to_string(i));
    const auto counts = store.store.counts();
    INFO(id);
    CHECK(counts.keys <= keys_max);
    CHECK(counts.keys > keys_max * 95 / 100);
    CHECK(counts.bytes <= keys_max * 64);
    CHECK(counts.forgotten_early >= 3 * keys_max);
  }
}

TEST_CASE("logs together take no more than the table would") {
  constexpr std::size_t keys_max = 6'400;
  Store store(keys_max);
  const auto limit = limit_of(Algorithm::sliding_window_log, 100, 60 * second);
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < keys_max; ++i)
      store.decide(limit, "key-" + std::to_string(i), noon + round);
  }
  CHECK(store.store.counts().bytes <= keys_max * 64);
  CHECK(store.store.counts().keys > 100);
}

TEST_CASE("keys whose time has come make room first, and their going changes nothing") {
  constexpr std::size_t keys_max = 6'400;
  Store store(keys_max);
  const auto limit = limit_of(Algorithm::token_bucket, 5, 60 * second);
  for (int wave = 0; wave < 10; ++wave) {  // each a minute after the last one
    for (std::size_t i = 0; i < keys_max / 2; ++i)
      store.decide(limit, std::to_string(wave) + "-" + std::to_string(i), noon + wave * 60 * second);
  }
  CHECK(store.store.counts().forgotten_early == 0);
}

// Keys that are used once each, so many that each place is used ten times over.
void flood(Store& store, const RuleLimit& limit, Ticks from) {
  for (int i = 0; i < 64'000; ++i)
    store.decide(limit, "flood-" + std::to_string(i), from + i);
}

TEST_CASE("a flood of new keys forgets its own before a client that has nothing left, with every algorithm") {
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    Store store(6'400);
    const auto limit = limit_of(algorithm, 5, 60 * second);
    for (int client = 0; client < 100; ++client)
      store.decide(limit, "culprit-" + std::to_string(client), noon, 5);
    flood(store, limit, noon + 1);
    int refused = 0;
    for (int client = 0; client < 100; ++client)
      refused += store.decide(limit, "culprit-" + std::to_string(client), noon + 100'000).allowed ? 0 : 1;
    CHECK(refused == 100);
  }
}

TEST_CASE("a flood on a rule of a day forgets its own before those who have used up a minute's") {
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    Store store(6'400);
    const auto login = limit_of(algorithm, 5, 60 * second);
    const RuleLimit daily("daily", std::get<Limit>(make_limit(algorithm, 100, 24 * 3'600 * second)));
    for (int client = 0; client < 100; ++client)
      store.decide(login, "culprit-" + std::to_string(client), noon, 5);
    flood(store, daily, noon + 1);
    int refused = 0;
    for (int client = 0; client < 100; ++client)
      refused += store.decide(login, "culprit-" + std::to_string(client), noon + 100'000).allowed ? 0 : 1;
    CHECK(refused == 100);
  }
}

TEST_CASE("two logs of the largest rule that is accepted fit into a shard at their worst, and are enforced") {
  constexpr std::size_t keys_max = 6'400;
  const auto limit = limit_of(Algorithm::sliding_window_log, LimiterStoreMemory::log_limit_for(keys_max), 60 * second);
  for (int other = 0; other < 200; ++other) {  // of so many some lie in the same shard as the first
    Store store(keys_max);
    const std::array<std::string, 2> keys{"a", "b" + std::to_string(other)};
    Ticks now = noon;
    for (std::int64_t i = 0; i < 6 * limit.limit.limit; ++i) {  // so that there are as many old entries as may be
      now += limit.limit.period / limit.limit.limit + 1;
      for (const auto& key : keys)
        REQUIRE(store.decide(limit, key, now).allowed);
    }
    for (const auto& key : keys)
      CHECK(store.decide(limit, key, now, 0).remaining <= 1);
    CHECK(store.store.counts().forgotten_early == 0);
    CHECK(store.store.counts().bytes <= keys_max);  // what one shard may have
  }
}

TEST_CASE("removing keys loses no other one") {
  Store store(64'000);
  common::SeededRandom random(11);
  const auto limit = limit_of(Algorithm::fixed_window, 1'000'000, 60 * second);
  std::unordered_map<std::string, std::int64_t> used;
  for (int i = 0; i < 60'000; ++i) {
    const std::string key = std::to_string(random.below(2'000));
    if (random.below(4) == 0) {
      const Check check{&limit, key, 1};
      common::asio::io_context context;
      common::asio::co_spawn(context, store.store.forget(check), [](const auto&, const auto&) {});
      context.run();
      used.erase(key);
    } else {
      REQUIRE(store.decide(limit, key).remaining == 1'000'000 - ++used[key]);
    }
  }
  for (const auto& [key, count] : used)
    REQUIRE(store.decide(limit, key, noon, 0).remaining == 1'000'000 - count);
  CHECK(store.store.counts().keys == used.size());
}

TEST_CASE("peeks and refusals keep nothing") {
  Store store(6'400);
  const auto limit = limit_of(Algorithm::gcra, 5, 60 * second);
  for (int i = 0; i < 1'000; ++i) {
    store.decide(limit, std::to_string(i), noon, 0);
    store.decide(limit, std::to_string(i), noon, 6);
  }
  CHECK(store.store.counts().keys == 0);
}
