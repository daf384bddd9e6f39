// Midnight and the two nights of the year in which clocks change.

#include "notifier/quiet_hours.h"
#include "common/text.h"
#include "tests/support/catch.h"

using namespace notifier;

namespace {

constexpr QuietHours night{22 * 60, 7 * 60};

// "-" when it is not quiet.
std::string until(const QuietHours& quiet, const char* zone, const char* now) {
  const auto end = quiet_until(quiet, zone, common::parse_rfc3339(now).value());
  return end ? common::format_rfc3339(*end) : "-";
}

}  // namespace

TEST_CASE("minutes are written as people write them") {
  CHECK(parse_minute("22:00") == 22 * 60);
  CHECK(parse_minute("00:00") == 0);
  CHECK(parse_minute("23:59") == 23 * 60 + 59);
  for (const char* wrong : {"24:00", "7:00", "07:60", "07.00", "", "07:000"})
    CHECK_FALSE(parse_minute(wrong));
  CHECK(format_minute(7 * 60 + 5) == "07:05");
}

TEST_CASE("a night goes past midnight, by the clock on the user's wall") {
  CHECK(until(night, "", "2026-01-15T21:59:59Z") == "-");
  CHECK(until(night, "", "2026-01-15T22:00:00Z") == "2026-01-16T07:00:00.000Z");
  CHECK(until(night, "", "2026-01-16T00:00:00Z") == "2026-01-16T07:00:00.000Z");
  CHECK(until(night, "", "2026-01-16T06:59:59Z") == "2026-01-16T07:00:00.000Z");
  CHECK(until(night, "", "2026-01-16T07:00:00Z") == "-");
  CHECK(until(night, "Asia/Tokyo", "2026-01-15T13:00:00Z") == "2026-01-15T22:00:00.000Z");
  CHECK(until(night, "America/New_York", "2026-01-15T13:00:00Z") == "-");
}

TEST_CASE("hours within one day") {
  constexpr QuietHours siesta{13 * 60, 15 * 60};
  CHECK(until(siesta, "Europe/Madrid", "2026-07-01T11:30:00Z") == "2026-07-01T13:00:00.000Z");
  CHECK(until(siesta, "Europe/Madrid", "2026-07-01T13:00:00Z") == "-");
}

TEST_CASE("the night in which clocks go forward is an hour shorter") {
  // Berlin, 29 March 2026: 02:00 becomes 03:00.
  CHECK(until(night, "Europe/Berlin", "2026-03-28T21:00:00Z") == "2026-03-29T05:00:00.000Z");
  CHECK(until(night, "Europe/Berlin", "2026-03-29T04:59:59Z") == "2026-03-29T05:00:00.000Z");
  CHECK(until(night, "Europe/Berlin", "2026-03-29T05:00:00Z") == "-");
}

TEST_CASE("the night in which clocks go back is an hour longer") {
  // Berlin, 25 October 2026: 03:00 becomes 02:00.
  CHECK(until(night, "Europe/Berlin", "2026-10-24T20:00:00Z") == "2026-10-25T06:00:00.000Z");
  CHECK(until(night, "Europe/Berlin", "2026-10-25T05:59:59Z") == "2026-10-25T06:00:00.000Z");
}

TEST_CASE("an end that clocks jump over is the jump; of one that there is twice the first counts") {
  constexpr QuietHours early{22 * 60, 2 * 60 + 30};
  CHECK(until(early, "Europe/Berlin", "2026-03-28T23:00:00Z") == "2026-03-29T01:00:00.000Z");
  CHECK(until(early, "Europe/Berlin", "2026-10-24T23:00:00Z") == "2026-10-25T00:30:00.000Z");
}

TEST_CASE("from and to alike is no quiet hours; an unknown zone is UTC") {
  CHECK(until({8 * 60, 8 * 60}, "", "2026-01-15T08:00:00Z") == "-");
  CHECK(until(night, "Mars/Olympus", "2026-01-15T22:30:00Z") == "2026-01-16T07:00:00.000Z");
  CHECK(is_time_zone("Europe/Berlin"));
  CHECK_FALSE(is_time_zone("Mars/Olympus"));
  CHECK_FALSE(is_time_zone(""));
  CHECK_FALSE(is_time_zone("../../etc/passwd"));
}
