#include "common/text.h"

#include <vector>

#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

namespace {

TimePoint at(int year, unsigned month, unsigned day, std::chrono::microseconds since_midnight = 0us) {
  return TimePoint{std::chrono::sys_days{std::chrono::year{year} / month / day}} + since_midnight;
}

}  // namespace

TEST_CASE("hex goes there and back, in lower case, for every byte") {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  const std::string text = hex_encode(all);
  REQUIRE(text.substr(0, 6) == "000102");
  REQUIRE(text.substr(510) == "ff");
  REQUIRE(hex_decode(text) == all);
  REQUIRE(hex_decode("FFfF") == std::string("\xff\xff"));
  REQUIRE(hex_decode("").value().empty());
  for (const char* bad : {"0", "0g", "g0", " 00", "0x00", "00 "})
    REQUIRE_FALSE(hex_decode(bad));
}

TEST_CASE("a word has sixteen hex digits, leading zeros included") {
  const auto digits = hex_digits(0xabcdef);
  REQUIRE(std::string_view(digits.data(), digits.size()) == "0000000000abcdef");
}

TEST_CASE("base64url matches the vectors of RFC 4648, without their padding") {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : vectors) {
    REQUIRE(base64url_encode(bytes) == text);
    REQUIRE(base64url_decode(text) == bytes);
  }
}

TEST_CASE("base64url refuses padding, other alphabets, impossible lengths and trailing bits") {
  for (const char* bad : {"Zg==", "Zm8=", "-_8=", "+/8", "Z", "Zm9vY", "Zm9v\n", " Zm9v", "Zh", "Zm9", "-_9"}) {
    INFO(bad);
    REQUIRE_FALSE(base64url_decode(bad));
  }
  REQUIRE_FALSE(base64url_decode(std::string_view("Zm\0v", 4)));
}

TEST_CASE("only well-formed UTF-8 is valid") {
  for (const char* good : {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "h\xc3\xa9llo"}) {
    REQUIRE(valid_utf8(good));
    REQUIRE(replace_invalid_utf8(good) == good);
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x82", "\xe2\x28\xa1"}) {
    REQUIRE_FALSE(valid_utf8(bad));
    REQUIRE(valid_utf8(replace_invalid_utf8(bad)));
  }
}

TEST_CASE("each ill-formed part becomes one replacement character, as the Unicode standard shows it") {
  // Table 3-8 of the standard.
  REQUIRE(replace_invalid_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") ==
          "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
}

TEST_CASE("case is ignored for ASCII letters and for nothing else") {
  REQUIRE(iequals("Content-Length", "cONTENT-lENGTH"));
  REQUIRE_FALSE(iequals("a", "ab"));
  REQUIRE_FALSE(iequals("[", "{"));  // 0x5B and 0x7B differ by the case bit
  REQUIRE_FALSE(iequals("@", "`"));
}

TEST_CASE("comparing secrets gives the plain answer") {
  REQUIRE(constant_time_equals("", ""));
  REQUIRE(constant_time_equals("secret", "secret"));
  REQUIRE_FALSE(constant_time_equals("secret", "secreT"));
  REQUIRE_FALSE(constant_time_equals("secret", "secret "));
}

TEST_CASE("percent decoding resolves each escape once and refuses broken ones") {
  REQUIRE(percent_decode("a%20b+c") == "a b+c");
  REQUIRE(percent_decode("%2541") == "%41");
  REQUIRE(percent_decode("%c3%A9") == "\xc3\xa9");
  REQUIRE(percent_decode("%00").value() == std::string(1, '\0'));
  for (const char* bad : {"%", "%4", "a%", "%4g", "%%41", "% 41"})
    REQUIRE_FALSE(percent_decode(bad));
}

TEST_CASE("a time is shown in RFC 3339, cut to milliseconds") {
  const auto morning = 4h + 46min + 18s;
  REQUIRE(format_rfc3339(at(2026, 11, 22, morning + 123'999us)) == "2026-11-22T04:46:18.123Z");
  REQUIRE(format_rfc3339(TimePoint{}) == "1970-01-01T00:00:00.000Z");
  REQUIRE(format_rfc3339(TimePoint{-1us}) == "1969-12-31T23:59:59.999Z");
  REQUIRE(format_rfc3339(at(2024, 2, 29, 24h - 1us)) == "2024-02-29T23:59:59.999Z");
  REQUIRE(day_string(at(2026, 11, 22, 24h - 1us)) == "2026-11-22");
}

TEST_CASE("a time outside the years 0 to 9999 is shown as the nearest inside") {
  REQUIRE(format_rfc3339(TimePoint::min()) == "0000-01-01T00:00:00.000Z");
  REQUIRE(format_rfc3339(TimePoint::max()) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("an HTTP date has the weekday, as RFC 9110 shows it") {
  REQUIRE(format_http_date(at(1994, 11, 6, 8h + 49min + 37s)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(format_http_date(at(2026, 11, 23)) == "Mon, 23 Nov 2026 00:00:00 GMT");
}

TEST_CASE("RFC 3339 times are read with their offset and brought to UTC") {
  const TimePoint expected = at(2026, 11, 22, 4h + 46min + 18s);
  for (const char* text : {"2026-11-22T04:46:18Z", "2026-11-22T04:46:18.000Z", "2026-11-22t04:46:18z",
                           "2026-11-22T05:46:18+01:00", "2026-11-21T23:16:18-05:30", "2026-11-22T04:46:18-00:00"}) {
    INFO(text);
    REQUIRE(parse_rfc3339(text) == expected);
  }
  REQUIRE(parse_rfc3339("2026-11-22T04:46:18.5Z") == expected + 500ms);
  REQUIRE(parse_rfc3339("2026-11-22T04:46:18.1234567891Z") == expected + 123'456us);
  REQUIRE(parse_rfc3339("2024-02-29T00:00:00Z") == at(2024, 2, 29));
  REQUIRE(parse_rfc3339(format_rfc3339(expected)) == expected);
}

TEST_CASE("times that do not exist or are not RFC 3339 are refused") {
  for (const char* text : {"",
                           "2026-02-30T00:00:00Z",
                           "2025-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:60Z",
                           "2026-01-01",
                           "2026-01-01T00:00:00",
                           "2026-01-01 00:00:00Z",
                           "2026-01-01T00:00Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00,5Z",
                           "2026-01-01T00:00:00Zx",
                           " 2026-01-01T00:00:00Z",
                           "2026-01-01T00:00:00+1:00",
                           "2026-01-01T00:00:00+0100",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00+01:60",
                           "26-01-01T00:00:00Z",
                           "+2026-01-01T00:00:00Z",
                           "2026-1-01T00:00:00Z",
                           "0000-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01"}) {
    INFO(text);
    REQUIRE_FALSE(parse_rfc3339(text));
  }
}
