#include "common/json.h"

#include "tests/support/catch.h"

using namespace common;

namespace {

std::string refusal(std::string_view text) {
  const auto result = parse_json(text);
  if (result.has_value()) return "accepted";
  REQUIRE(result.error().kind == Failure::invalid);
  return result.error().message;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("a JSON document becomes a value, names in their order") {
  const json::value value =
      parse_json(R"( {"b":[1,-2,3.5,18446744073709551615,true,null],"a":"x\n\u00e9\ud83d\ude00"} )").value();
  REQUIRE(json::serialize(value) ==
          "{\"b\":[1,-2,3.5E0,18446744073709551615,true,null],\"a\":\"x\\n\u00e9\U0001F600\"}");
  REQUIRE(parse_json("7").value().as_int64() == 7);
}

TEST_CASE("what is not exactly one JSON document is refused") {
  for (const char* bad : {"", " ", "{", "[1,]", "{\"a\":1,}", "{} x", "{}{}", "nul", "'a'", "{a:1}", "01", "+1", "NaN",
                          "// c\n1", "\"\\x\"", "\"a", "\"\n\"", "[1 2]", "\xEF\xBB\xBF{}"}) {
    INFO(bad);
    REQUIRE(refusal(bad) != "accepted");
  }
}

TEST_CASE("text that is not Unicode is refused: ill-formed UTF-8 and lone surrogates") {
  for (const char* bad : {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\\ud800\"", "\"\\udc00\"",
                          "\"\\ud800\\u0041\"", "{\"\xff\":1}"}) {
    REQUIRE(refusal(bad) != "accepted");
  }
}

TEST_CASE("a name given twice in one object is refused, wherever it is and however it is spelt") {
  REQUIRE(refusal(R"({"a":1,"b":2,"a":3})").rfind("repeated name at byte", 0) == 0);
  REQUIRE(refusal(R"({"a":1,"\u0061":3})").rfind("repeated name", 0) == 0);
  REQUIRE(refusal(R"([{"x":{"a":1,"a":1}}])").rfind("repeated name", 0) == 0);
  REQUIRE(refusal(R"({"a":{"a":1},"b":{"a":{"a":2}},"c":[{"a":1},{"a":2}]})") == "accepted");
}

TEST_CASE("nesting is bounded") {
  REQUIRE(refusal(nested(json_depth_max)) == "accepted");
  REQUIRE(refusal(nested(json_depth_max + 1)).find("at byte 32") != std::string::npos);
  REQUIRE(refusal(nested(1'000'000)) != "accepted");
}

TEST_CASE("a quoted string is always valid JSON") {
  REQUIRE(json_quote("a\"b\\c\n\x01/") == R"("a\"b\\c\n\u0001/")");
  REQUIRE(json_quote("\xff") == "\"\uFFFD\"");
  REQUIRE(json_quote("") == "\"\"");
  const std::string nul("a\0b", 3);
  REQUIRE(parse_json(json_quote(nul)).value().as_string() == nul);
}
