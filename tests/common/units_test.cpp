#include "common/units.h"

#include <limits>

#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number and a unit") {
  REQUIRE(parse_duration("250ms").value() == 250ms);
  REQUIRE(parse_duration("10s").value() == 10s);
  REQUIRE(parse_duration("5m").value() == 5min);
  REQUIRE(parse_duration("24h").value() == 24h);
  REQUIRE(parse_duration("0s").value() == 0s);
  REQUIRE(parse_duration("500us").value() == 500us);
  REQUIRE(parse_duration("9223372036854775807ns").value() == Duration::max());
}

TEST_CASE("what is not a duration is refused with the accepted form") {
  for (const char* bad : {"", "10", "s", " 10s", "10 s", "10s ", "-1s", "+1s", "1.5s", "1h30m", "10S", "10sec", "1d",
                          "9223372036854775808ns", "9223372037s", "2562048h", "99999999999999999999s"}) {
    INFO(bad);
    const auto result = parse_duration(bad);
    REQUIRE(result.has_error());
    REQUIRE(result.error().kind == Failure::invalid);
    REQUIRE(result.error().message ==
            "'" + std::string(bad) +
                "' is not a duration: write a whole number and a unit, such as 250ms, 10s, 5m or 24h");
  }
}

TEST_CASE("a size is a number of bytes, or one with a binary unit") {
  REQUIRE(parse_size("512").value() == 512);
  REQUIRE(parse_size("0").value() == 0);
  REQUIRE(parse_size("64KiB").value() == 65'536);
  REQUIRE(parse_size("1MiB").value() == 1'048'576);
  REQUIRE(parse_size("2GiB").value() == 2'147'483'648);
  REQUIRE(parse_size("1TiB").value() == 1'099'511'627'776);
  REQUIRE(parse_size("18446744073709551615").value() == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("what is not a size is refused with the accepted form") {
  for (const char* bad :
       {"", "KiB", "1KB", "1K", "1kib", "1 MiB", "-1", "1.5MiB", "1MiB1", "18446744073709551616", "16777216TiB"}) {
    INFO(bad);
    const auto result = parse_size(bad);
    REQUIRE(result.has_error());
    REQUIRE(result.error().kind == Failure::invalid);
    REQUIRE(result.error().message.find("such as 64KiB") != std::string::npos);
  }
}

TEST_CASE("durations and sizes are shown in the largest unit that divides them") {
  REQUIRE(format_duration(0s) == "0s");
  REQUIRE(format_duration(90s) == "90s");
  REQUIRE(format_duration(24h) == "24h");
  REQUIRE(format_duration(1500us) == "1500us");
  REQUIRE(format_duration(-10s) == "-10s");
  REQUIRE(format_size(0) == "0");
  REQUIRE(format_size(1500) == "1500");
  REQUIRE(format_size(1'048'576) == "1MiB");
  REQUIRE(format_size(1'048'577) == "1048577");
}

TEST_CASE("what is shown can be read back") {
  for (const Duration d : {Duration{1}, Duration{250ms}, Duration{61s}, Duration{3h}, Duration::max()}) {
    REQUIRE(parse_duration(format_duration(d)).value() == d);
  }
  for (const std::uint64_t s :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3} << 40, std::numeric_limits<std::uint64_t>::max()}) {
    REQUIRE(parse_size(format_size(s)).value() == s);
  }
}
