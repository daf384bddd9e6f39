// What every fan-out owes the readers: a post is pushed or pulled, also while its author is becoming a celebrity.

#include "cache_aside/make_fanout.h"
#include "tests/support/catch.h"

using namespace cache_aside;
using namespace std::chrono_literals;

namespace {

constexpr common::TimePoint noon{std::chrono::seconds{1'750'000'000}};
constexpr std::chrono::minutes ttl{5};
constexpr std::chrono::minutes stale_for{20};

}  // namespace

TEST_CASE("a post reaches readers who know its author as a celebrity, and those who do not know it yet") {
  for (const auto& choice : fanout_choices()) {
    INFO(std::string(choice.name));
    const auto fanout = make_fanout(choice.name, ttl, stale_for);
    for (const auto since : {-1min, 0min, 1min, 5min, 9min, 11min, 24min, 60min}) {
      Fame fame{20'000, since < 0min ? std::nullopt : std::optional(noon - since)};
      const bool pushed = fanout->pushes(fame, noon);
      // A reader's list of followees is at most one TTL old, and the time that it may be served expired.
      const bool reader_may_not_know = since < ttl + stale_for;
      CHECK((pushed || fanout->pulls({1, true})));
      if (reader_may_not_know) CHECK((pushed || fanout->pulls({1, false})));
    }
  }
}

TEST_CASE("the three differ in who does the work") {
  const Fame nobody{3, std::nullopt};
  const Fame star{3'000'000, noon - 1h};
  const auto write = make_fanout("write", ttl);
  const auto read = make_fanout("read", ttl);
  const auto hybrid = make_fanout("hybrid", ttl);
  CHECK(write->pushes(star, noon));
  CHECK_FALSE(write->pulls({1, true}));
  CHECK_FALSE(read->pushes(nobody, noon));
  CHECK(read->pulls({1, false}));
  CHECK(hybrid->pushes(nobody, noon));
  CHECK_FALSE(hybrid->pushes(star, noon));
  CHECK(hybrid->pulls({1, true}));
  CHECK_FALSE(hybrid->pulls({1, false}));
  CHECK_THROWS_AS(make_fanout("both", ttl), std::invalid_argument);
}
