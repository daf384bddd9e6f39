#include "common/http/conditional.h"

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

namespace {

std::variant<Precondition, Response> match(const std::string& lines, bool required = true) {
  const ParsedRequest parsed(request("PATCH", "/a", lines));
  return if_match(parsed.request, required);
}

// The status that If-Match is refused with; 0 when it is not.
int refused(const std::string& value) {
  const auto outcome = match("If-Match: " + value + "\r\n");
  const auto* answer = std::get_if<Response>(&outcome);
  return answer ? answer->status : 0;
}

Precondition allowed(const std::string& value) {
  const auto outcome = match("If-Match: " + value + "\r\n");
  REQUIRE(std::holds_alternative<Precondition>(outcome));
  return std::get<Precondition>(outcome);
}

bool sent_again(const std::string& lines, std::string_view etag = "\"3\"") {
  const ParsedRequest parsed(request("GET", "/a", lines));
  return none_match(parsed.request, etag);
}

// A store with one resource; somebody else edits it in front of each attempt, as often as `others` says.
struct Resource {
  std::uint64_t version;
  int others = 0;
  int attempts = 0;

  std::optional<std::uint64_t> edit(std::optional<std::uint64_t> expected) {  // the current version, on a mismatch
    ++attempts;
    if (others-- > 0) ++version;
    if (expected && *expected != version) return version;
    ++version;
    return std::nullopt;
  }
  bool edit_if(const Precondition& precondition) {
    auto current = edit(precondition.version);
    while (current && precondition.names(*current))
      current = edit(*current);
    return !current;
  }
};

}  // namespace

TEST_CASE("an edit must name the version it is based on, or * for any") {
  CHECK(std::get<Response>(match("")).status == 428);
  CHECK_FALSE(std::get<Precondition>(match("", false)).version.has_value());
  CHECK_FALSE(allowed("*").version.has_value());
  CHECK(allowed("*").names(7));
  CHECK(allowed(etag(3)).version == 3);
  CHECK(allowed(etag(18446744073709551615U)).version == 18446744073709551615U);
  CHECK_FALSE(allowed(etag(3)).names(2));
}

TEST_CASE("an entity tag is an opaque string: what only means the same number is another") {
  for (const char* tag : {"\"03\"", "\"+3\"", "\" 3\"", "\"3 \"", "\"0x3\"", "\"3.0\"", "\"\"", "\"abc\"",
                          "\"18446744073709551616\"", "\"2,3\""}) {
    INFO(tag);
    CHECK(refused(tag) == 412);
  }
  CHECK(refused("W/\"3\"") == 412);  // a weak tag never matches strongly
  for (const char* malformed :
       {"3", "\"3", "3\"", "\"3\" \"4\"", "\"3\"x", "w/\"3\"", "W/3", "\"3\", *", "*, *", "'3'"}) {
    INFO(malformed);
    CHECK(refused(malformed) == 412);
  }
}

TEST_CASE("any of the versions listed may be edited, in one line or several") {
  const std::string several = "If-Match: \"2\"\r\nIf-Match: \"3\"\r\n";
  for (const Precondition& named : {allowed("\"2\", \"3\""), allowed("\"3\",\"2\""), allowed(",, \"2\" ,\t\"3\","),
                                    std::get<Precondition>(match(several))}) {
    CHECK(named.version == 3);
    CHECK(named.names(2));
    CHECK(named.names(3));
    CHECK_FALSE(named.names(4));
  }
  const Precondition strangers = allowed("\"a,b\", W/\"9\", \"07\", \"3\"");
  CHECK(strangers.version == 3);
  CHECK(strangers.others.empty());
}

TEST_CASE("with a list of versions an edit stays exact, whoever else edits meanwhile") {
  const Precondition named = allowed("\"2\", \"3\"");
  for (const std::uint64_t version : {2, 3}) {
    Resource resource{.version = version};
    CHECK(resource.edit_if(named));
    CHECK(resource.version == version + 1);
  }
  for (const std::uint64_t version : {1, 4}) {
    Resource resource{.version = version};
    CHECK_FALSE(resource.edit_if(named));
    CHECK(resource.version == version);
  }
  Resource moving{.version = 1, .others = 2};  // 2 at the first attempt, 3 at the second: both are named
  CHECK(moving.edit_if(named));
  CHECK(moving.version == 4);
  Resource past{.version = 2, .others = 5};
  CHECK_FALSE(past.edit_if(allowed("\"1\", \"2\", \"5\"")));  // 3 at the first attempt
  CHECK(past.attempts == 1);
}

TEST_CASE("what the client has is not sent again, by weak comparison, from a list, or for *") {
  for (const char* value : {"\"3\"", "W/\"3\"", "\"2\", \"3\"", "\"a,b\",W/\"3\"", "*", ", \"3\" ,"}) {
    INFO(value);
    CHECK_FALSE(sent_again("If-None-Match: " + std::string(value) + "\r\n"));
  }
  CHECK_FALSE(sent_again("If-None-Match: \"2\"\r\nIf-None-Match: \"3\"\r\n"));
  CHECK_FALSE(sent_again("If-None-Match: \"3\"\r\n", "W/\"3\""));
}

TEST_CASE("what the client has not is sent, also when its If-None-Match is nonsense") {
  CHECK(sent_again(""));
  for (const char* value : {"\"2\"", "\"03\"", "\"2,3\"", "3", "\"3", "\"3\" x", "w/\"3\"", ""}) {
    INFO(value);
    CHECK(sent_again("If-None-Match: " + std::string(value) + "\r\n"));
  }
}
