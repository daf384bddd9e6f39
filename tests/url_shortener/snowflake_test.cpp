#include "url_shortener/snowflake.h"

#include <optional>

#include "tests/support/catch.h"

using namespace url_shortener;
using namespace std::chrono_literals;

namespace {

constexpr Millisecond noon = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + 12h;
constexpr std::uint64_t per_ms = 1 << Snowflake::sequence_bits;

struct Parts {
  Millisecond time;
  std::uint64_t machine;
  std::uint64_t sequence;
};

Parts parts_of(std::uint64_t id) {
  return {Snowflake::epoch + std::chrono::milliseconds{id >> 18}, id >> 8 & 1023, id & 255};
}

std::optional<std::uint64_t> id(Snowflake& snowflake, Millisecond now) {
  const auto outcome = snowflake.next(now);
  const auto* made = std::get_if<std::uint64_t>(&outcome);
  return made ? std::optional(*made) : std::nullopt;
}

template <class Why>
bool refused(Snowflake& snowflake, Millisecond now) {
  return std::holds_alternative<Why>(snowflake.next(now));
}

Snowflake leased(Millisecond from = noon, std::chrono::milliseconds length = 10s, std::uint32_t machine = 7) {
  Snowflake snowflake;
  snowflake.set_lease({machine, from, from + length});
  return snowflake;
}

}  // namespace

TEST_CASE("a snowflake is time, machine and sequence, from the high bits to the low") {
  auto snowflake = leased(noon, 10s, 1023);
  const auto first = parts_of(*id(snowflake, noon));
  CHECK(first.time == noon);
  CHECK(first.machine == 1023);
  CHECK(first.sequence == 0);
  CHECK(parts_of(*id(snowflake, noon)).sequence == 1);
  const auto later = parts_of(*id(snowflake, noon + 5ms));
  CHECK(later.time == noon + 5ms);
  CHECK(later.sequence == 0);
}

TEST_CASE("the largest snowflake has ten characters of base 62, and before 2025 there are none") {
  auto last = leased(Snowflake::end - 1ms, 10s, 1023);
  std::uint64_t largest = 0;
  for (std::uint64_t i = 0; i < per_ms; ++i)
    largest = *id(last, Snowflake::end - 1ms);
  CHECK(largest == (std::uint64_t{1} << 59) - 1);
  CHECK(base62::encode(largest).size() == 10);
  CHECK(refused<Snowflake::LeaseOver>(last, Snowflake::end - 1ms));

  auto early = leased(Snowflake::epoch - 1h, 2h);
  CHECK(refused<Snowflake::ClockBehind>(early, Snowflake::epoch - 3s));
  CHECK(id(early, Snowflake::epoch) == std::uint64_t{7} << 8);
}

TEST_CASE("a full millisecond runs over into the next, and ids rise all the while") {
  auto snowflake = leased();
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < 3 * per_ms; ++i) {
    const auto made = *id(snowflake, noon);
    REQUIRE(made > last);
    REQUIRE(parts_of(made).time == noon + std::chrono::milliseconds{i / per_ms});
    last = made;
  }
}

TEST_CASE("no more is borrowed from the time to come than borrow_max") {
  auto snowflake = leased();
  std::uint64_t made = 0;
  while (id(snowflake, noon))
    ++made;
  CHECK(made == per_ms * (Snowflake::borrow_max / 1ms + 1));
  CHECK(refused<Snowflake::ClockBehind>(snowflake, noon));
  CHECK(id(snowflake, noon + 1ms));  // a millisecond later there is one more to borrow
}

TEST_CASE("after a clock that steps back ids still rise, or there are none until it has caught up") {
  auto snowflake = leased();
  const auto before = *id(snowflake, noon + 5s);
  const auto after = *id(snowflake, noon + 3s);
  CHECK(after > before);
  CHECK(parts_of(after).time == noon + 5s);
  CHECK(refused<Snowflake::ClockBehind>(snowflake, noon + 3s - 1ms));
  CHECK(refused<Snowflake::ClockBehind>(snowflake, noon - 1h));
  CHECK(*id(snowflake, noon + 3s) > after);
}

TEST_CASE("no timestamp lies outside of the lease") {
  Snowflake without;
  CHECK(refused<Snowflake::LeaseOver>(without, noon));
  auto snowflake = leased();
  CHECK(parts_of(*id(snowflake, noon - 1s)).time == noon);  // the clock stepped back since the lease began
  CHECK(id(snowflake, noon + 10s - 1ms));
  CHECK(refused<Snowflake::LeaseOver>(snowflake, noon + 10s));
  CHECK(refused<Snowflake::LeaseOver>(snowflake, noon + 1h));
  snowflake.set_lease({7, noon, noon + 20s});
  CHECK(parts_of(*id(snowflake, noon + 10s)).time == noon + 10s);

  // What was borrowed ends with the lease too.
  auto busy = leased(noon, 2ms);
  for (std::uint64_t i = 0; i < 2 * per_ms; ++i)
    REQUIRE(id(busy, noon));
  CHECK(refused<Snowflake::LeaseOver>(busy, noon));
  CHECK(busy.left(noon) <= 0ms);
}

TEST_CASE("with another machine number ids still rise") {
  auto snowflake = leased(noon, 10s, 9);
  const auto before = *id(snowflake, noon + 4s);
  snowflake.set_lease({3, noon + 2s, noon + 12s});
  const auto after = *id(snowflake, noon + 3s);
  CHECK(parts_of(after).machine == 3);
  CHECK(parts_of(after).time >= parts_of(before).time);
}
