#include "common/resilience/backoff.h"

#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

TEST_CASE("the bound of a wait doubles from the base to the cap, without overflow") {
  const Backoff backoff{.base = 100ms, .cap = 1s};
  REQUIRE(backoff_bound(0, backoff) == 100ms);
  REQUIRE(backoff_bound(1, backoff) == 200ms);
  REQUIRE(backoff_bound(3, backoff) == 800ms);
  REQUIRE(backoff_bound(4, backoff) == 1s);
  REQUIRE(backoff_bound(4'000'000'000u, backoff) == 1s);
  REQUIRE(backoff_bound(100, {.base = 1ns, .cap = Duration::max()}) == Duration::max());
  REQUIRE(backoff_bound(0, {.base = 2s, .cap = 1s}) == 1s);
}

TEST_CASE("full jitter draws evenly from zero to the bound: half of it on average") {
  SeededRandom random(1);
  const Backoff backoff{.base = 100ms, .cap = 1s};
  Duration sum{0};
  Duration least = Duration::max();
  Duration most{0};
  constexpr int draws = 20'000;
  for (int i = 0; i < draws; ++i) {
    const Duration wait = full_jitter(2, backoff, random);
    sum += wait;
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  REQUIRE(least >= 0ms);
  REQUIRE(least < 1ms);
  REQUIRE(most <= 400ms);
  REQUIRE(most > 399ms);
  // The mean of n even draws deviates by 400 ms / sqrt(12 n) = 0.8 ms; five times that is never
  // seen.
  REQUIRE(std::chrono::abs(sum / draws - 200ms) < 4100us);
}
