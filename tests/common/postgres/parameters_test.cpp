#include "common/postgres/parameters.h"

#include <cstring>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace common;
using namespace common::postgres;

namespace {

// The only value, as it goes over the wire.
template <class T>
std::string text_of(const T& value) {
  const auto parameters = Parameters::of(value);
  const auto wire = parameters.wire();
  REQUIRE(wire.values.size() == 1);
  REQUIRE(wire.values[0] != nullptr);
  CHECK(wire.formats[0] == 0);
  return wire.values[0];
}

}  // namespace

TEST_CASE("values go over the wire in PostgreSQL's text form") {
  CHECK(text_of("abc") == "abc");
  CHECK(text_of(std::string("abc")) == "abc");
  CHECK(text_of(std::string_view("abcdef").substr(0, 3)) == "abc");
  CHECK(text_of(std::string_view()).empty());
  CHECK(text_of(std::int64_t{-9223372036854775807} - 1) == "-9223372036854775808");
  CHECK(text_of(std::uint64_t{18446744073709551615U}) == "18446744073709551615");
  CHECK(text_of(true) == "t");
  CHECK(text_of(false) == "f");
  CHECK(text_of(TimePoint{std::chrono::microseconds{1'750'000'000'000'001}}) == "1750000000000001");
  CHECK(text_of(std::optional<int>(7)) == "7");
}

TEST_CASE("what is not there is NULL, and an empty text is not") {
  const auto parameters = Parameters::of(std::nullopt, std::optional<std::string>(), "");
  const auto wire = parameters.wire();
  CHECK(wire.values[0] == nullptr);
  CHECK(wire.values[1] == nullptr);
  REQUIRE(wire.values[2] != nullptr);
  CHECK(std::strlen(wire.values[2]) == 0);
}

TEST_CASE("a bytea goes as it is, with its NUL bytes") {
  const std::string bytes("a\0b", 3);
  const auto parameters = Parameters::of(Bytea{bytes});
  const auto wire = parameters.wire();
  CHECK(parameters.sendable());
  CHECK(wire.formats[0] == 1);
  REQUIRE(wire.lengths[0] == 3);
  CHECK(std::string(wire.values[0], 3) == bytes);
}

TEST_CASE("an array's elements are quoted so that none can end it") {
  CHECK(text_of(std::vector<std::int64_t>{1, -2}) == "{1,-2}");
  CHECK(text_of(std::vector<std::string>{}) == "{}");
  CHECK(text_of(std::vector<std::string>{"a", "", R"(say "b\c", {d})"}) == R"({"a","","say \"b\\c\", {d}"})");
  CHECK(text_of(std::vector<std::optional<std::string>>{"NULL", std::nullopt}) == R"({"NULL",NULL})");
  CHECK(text_of(std::vector<TimePoint>{TimePoint{std::chrono::microseconds{5}}}) == "{5}");
}

TEST_CASE("a text with a NUL byte is noticed, alone and in an array") {
  const std::string_view text("a\0b", 3);
  CHECK_FALSE(Parameters::of(text).sendable());
  CHECK_FALSE(Parameters::of(std::vector<std::string_view>{"a", text}).sendable());
  CHECK(Parameters::of("a", 1, std::nullopt).sendable());
}
