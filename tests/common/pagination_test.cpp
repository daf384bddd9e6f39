#include "common/pagination.h"

#include <limits>

#include "common/text.h"
#include "tests/support/catch.h"

using namespace common;

namespace {

using Fields = std::vector<CursorField>;

bool refused(std::string_view list, std::string_view text, std::string_view kinds) {
  const auto result = decode_cursor(list, text, kinds);
  return result.has_error() && result.error().kind == Failure::invalid;
}

}  // namespace

TEST_CASE("a cursor gives back the fields it was made of") {
  const Fields fields{std::int64_t{-5}, std::string("aB\0c", 4), std::numeric_limits<std::int64_t>::max(),
                      std::numeric_limits<std::int64_t>::min(), std::string()};
  const std::string text = encode_cursor("links", fields);
  REQUIRE(decode_cursor("links", text, "itiit").value() == fields);
  REQUIRE(decode_cursor("none", encode_cursor("none", {}), "").value().empty());
}

TEST_CASE("a cursor is safe in a URL as it is") {
  const std::string text = encode_cursor("links", {std::int64_t{-1}, std::string("\xff\xfe?&=/")});
  REQUIRE(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
}

TEST_CASE("a cursor changed in any character, cut or lengthened is refused") {
  const std::string text = encode_cursor("links", {std::int64_t{1'750'000'000}, std::string("abc")});
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    REQUIRE(refused("links", changed, "it"));
    REQUIRE(refused("links", text.substr(0, i), "it"));
  }
  REQUIRE(refused("links", text + "A", "it"));
  REQUIRE(refused("links", text + "AAAA", "it"));
  REQUIRE(refused("links", text + "=", "it"));
}

TEST_CASE("a cursor of another list, or of other fields, is refused") {
  const std::string text = encode_cursor("links", {std::int64_t{7}, std::string("abc")});
  REQUIRE(refused("stats", text, "it"));
  REQUIRE(refused("link", text, "it"));
  for (const char* kinds : {"", "i", "t", "ti", "iti", "ii"})
    REQUIRE(refused("links", text, kinds));
}

TEST_CASE("what never was a cursor is refused") {
  for (const char* text : {"", "A", "AAAA", "hello world", "../../etc/passwd", "%00", "null"}) {
    REQUIRE(refused("links", text, "it"));
  }
  REQUIRE(refused("links", std::string(cursor_text_max + 1, 'A'), "it"));
}

TEST_CASE("the page limit is 20 unless given, from 1 to 100") {
  REQUIRE(parse_page_limit(std::nullopt).value() == 20);
  REQUIRE(parse_page_limit("1").value() == 1);
  REQUIRE(parse_page_limit("100").value() == 100);
  for (const char* bad : {"", "0", "101", "-1", "+5", "5 ", " 5", "1e2", "ten", "99999999999999999999"}) {
    const auto result = parse_page_limit(bad);
    REQUIRE(result.has_error());
    REQUIRE(result.error().message == "must be a whole number from 1 to 100");
  }
}
