#include "rate_limiter/local_limit_memory.h"

#include "tests/support/catch.h"

using namespace rate_limiter;
using namespace std::chrono_literals;
using common::Instant;

namespace {

constexpr Instant start{1h};

int allowed(LocalLimit& limit, const char* client, Instant now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i)
    count += !limit.refuse(client, now);
  return count;
}

}  // namespace

TEST_CASE("a rate is a count and a period, or none") {
  const auto rate = parse_rate("60/1m").value();
  REQUIRE(rate);
  CHECK(rate->limit == 60);
  CHECK(rate->burst == 60);
  CHECK(rate->period == 60 * ticks_per_second);
  CHECK_FALSE(parse_rate("none").value());
  for (const char* text : {"", "60", "60/", "/1m", "0/1m", "-1/1m", "60/1", "60/0s", "60 / 1m", "6x/1m", "60/1m/2",
                           "9/1ns", "99999999999999999999/1m"}) {
    INFO(text);
    CHECK(parse_rate(text).has_error());
  }
}

TEST_CASE("a client at rest may use its whole allowance at once, and then one an interval") {
  LocalLimit limit(*parse_rate("60/1m").value());
  CHECK(allowed(limit, "a", start, 100) == 60);
  CHECK(limit.refuse("a", start) == common::Duration{1s});
  CHECK(allowed(limit, "a", start + 999ms, 5) == 0);
  CHECK(allowed(limit, "a", start + 1s, 5) == 1);
  CHECK(allowed(limit, "a", start + 11s, 50) == 10);
  CHECK(allowed(limit, "a", start + 1h, 100) == 60);
}

TEST_CASE("in no period of any position is more allowed than twice the count") {
  LocalLimit limit(*parse_rate("10/1s").value());
  int total = 0;
  for (auto now = start; now < start + 10s; now += 10ms)
    total += allowed(limit, "a", now, 3);
  CHECK(total == 10 + 99);  // the burst, then one each 100 ms
}

TEST_CASE("clients are limited each for itself, and a refusal takes nothing") {
  LocalLimit limit(*parse_rate("2/1s").value());
  CHECK(allowed(limit, "a", start, 3) == 2);
  CHECK(allowed(limit, "b", start, 3) == 2);
  CHECK(allowed(limit, "a", start, 1000) == 0);
  CHECK(allowed(limit, "a", start + 500ms, 3) == 1);
}

TEST_CASE("without a rate everything is allowed") {
  LocalLimit limit(std::nullopt);
  CHECK(allowed(limit, "a", start, 10'000) == 10'000);
}

TEST_CASE("a crowd of clients is remembered up to a bound; who is being refused stays refused") {
  constexpr std::size_t bound = 1'000;
  LocalLimit limit(*parse_rate("10/1h").value(), bound);
  CHECK(allowed(limit, "busy", start, 11) == 10);
  for (std::size_t i = 0; i < 10 * bound; ++i) {
    CHECK(allowed(limit, std::to_string(i).c_str(), start, 1) == 1);
    CHECK(allowed(limit, "busy", start, 1) == 0);
  }
  std::size_t forgotten = 0;
  for (std::size_t i = 0; i < bound; ++i)
    forgotten += allowed(limit, std::to_string(i).c_str(), start, 10) == 10;  // all ten once more
  CHECK(forgotten > bound * 9 / 10);
}
