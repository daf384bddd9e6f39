// The memory store: how much it takes, and whom it forgets.

#include "rate_limiter/limiter_store_memory.h"

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

TEST_CASE("a flood of new keys forgets its own before a client that is being refused") {
  Store store(6'400);
  const auto limit = limit_of(Algorithm::token_bucket, 5, 60 * second);
  for (int i = 0; i < 5; ++i)
    CHECK(store.decide(limit, "culprit").allowed);
  CHECK_FALSE(store.decide(limit, "culprit").allowed);
  for (int i = 0; i < 100'000; ++i)
    store.decide(limit, "flood-" + std::to_string(i), noon + i);
  CHECK_FALSE(store.decide(limit, "culprit", noon + 100'000).allowed);
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
