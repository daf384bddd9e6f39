#include "common/log.h"

#include <limits>
#include <vector>

#include "common/json.h"
#include "tests/support/catch.h"

using namespace common;
using log::Field;

namespace {

constexpr std::string_view noon = "2026-11-22T12:00:00.000Z";

std::string text(std::string_view message, const std::vector<Field>& fields = {}) {
  return log::format_line(log::Format::text, log::Level::info, noon, message, fields);
}

std::string as_json(std::string_view message, const std::vector<Field>& fields = {}) {
  return log::format_line(log::Format::json, log::Level::warn, noon, message, fields);
}

}  // namespace

TEST_CASE("a text line has time, level, message and fields") {
  REQUIRE(text("listening", {{"url", "http://127.0.0.1:8081"}, {"threads", 2}, {"tls", false}}) ==
          "2026-11-22T12:00:00.000Z info listening url=http://127.0.0.1:8081 threads=2 tls=false");
  REQUIRE(text("started") == "2026-11-22T12:00:00.000Z info started");
}

TEST_CASE("a text value is quoted when it would be ambiguous") {
  REQUIRE(text("m", {{"a", ""}, {"b", "x y"}, {"c", "k=v"}, {"d", "say \"hi\""}, {"e", "C:\\dir"}}) ==
          std::string(noon) + R"( info m a="" b="x y" c="k=v" d="say \"hi\"" e="C:\\dir")");
  REQUIRE(text("m", {{"city", "Zürich"}}) == std::string(noon) + " info m city=\"Zürich\"");
}

TEST_CASE("no field can forge a line or drive a terminal") {
  REQUIRE(text("m", {{"path", "/a\r\nfake info line"}}) ==
          std::string(noon) + R"( info m path="/a\r\nfake info line")");
  REQUIRE(text("m", {{"x", "\x1b[2J\x7f\t"}}) == std::string(noon) + R"( info m x="\u001b[2J\u007f\t")");
  REQUIRE(text("m", {{"x", "\u0085\u009b\u2028\u2029\u00a0"}}) ==
          std::string(noon) + " info m x=\"\\u0085\\u009b\\u2028\\u2029\u00a0\"");
  REQUIRE(text("m", {{"x", std::string(1, '\0')}}) == std::string(noon) + R"( info m x="\u0000")");
  REQUIRE(text("two\nlines") == std::string(noon) + R"( info two\nlines)");
}

TEST_CASE("ill-formed UTF-8 is replaced in both formats") {
  REQUIRE(text("m", {{"x", "a\xff"}}) == std::string(noon) + " info m x=\"a\uFFFD\"");
  REQUIRE(text("m", {{"x", "\xc2"}}) == std::string(noon) + " info m x=\"\uFFFD\"");
  REQUIRE(parse_json(as_json("m\xff", {{"x\xff", "a\xff"}})).has_value());
}

TEST_CASE("a JSON line is one object that parses back to its fields") {
  const std::string line = as_json(
      "hit \"limit\"", {{"user", "a\nb\"c\\d\x01"}, {"count", std::int64_t{-7}}, {"ratio", 0.25}, {"ok", true}});
  REQUIRE(line ==
          "{\"time\":\"2026-11-22T12:00:00.000Z\",\"level\":\"warn\",\"message\":\"hit "
          "\\\"limit\\\"\",\"user\":\"a\\nb\\\"c\\\\d\\u0001\",\"count\":-7,\"ratio\":0.25,"
          "\"ok\":true}");
  REQUIRE(parse_json(line).has_value());
}

TEST_CASE("numbers that JSON cannot write are null there") {
  const double infinity = std::numeric_limits<double>::infinity();
  REQUIRE(as_json("m", {{"x", infinity}, {"y", std::numeric_limits<double>::quiet_NaN()}}) ==
          "{\"time\":\"2026-11-22T12:00:00.000Z\",\"level\":\"warn\",\"message\":\"m\",\"x\":null,"
          "\"y\":null}");
  REQUIRE(text("m", {{"x", infinity}}) == std::string(noon) + " info m x=inf");
}

TEST_CASE("only levels at or above the threshold are written") {
  log::configure(log::Level::warn, log::Format::text);
  REQUIRE_FALSE(log::enabled(log::Level::info));
  REQUIRE(log::enabled(log::Level::warn));
  REQUIRE(log::enabled(log::Level::error));
  log::configure(log::Level::off, log::Format::text);
  REQUIRE_FALSE(log::enabled(log::Level::error));
  REQUIRE_FALSE(log::enabled(log::Level::off));
  log::info("never seen");
  log::configure(log::Level::info, log::Format::text);
}
