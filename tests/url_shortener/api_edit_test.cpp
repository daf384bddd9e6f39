#include <set>
#include <string>

#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;

namespace {

constexpr std::string_view limited =
    R"({"longUrl":"https://example.com/a","alias":"talk","ttlSeconds":60,"maxClicks":2,"tags":["a"]})";

}  // namespace

TEST_CASE("an edit says which version it is based on") {
  Shortener shortener;
  shortener.shorten(limited);
  const std::string_view edit = R"({"tags":["b"]})";
  CHECK(shortener.patch("/v1/links/talk", edit).status == 428);
  const auto stale = shortener.patch("/v1/links/talk", edit, "If-Match: \"7\"\r\n");
  CHECK(stale.status == 412);
  CHECK(stale.header("ETag") == "\"1\"");
  for (const auto* tag : {"W/\"1\"", "1", "\"\"", "\"one\"", "\"-1\"", "\"99999999999999999999\""}) {
    INFO(tag);
    CHECK(shortener.patch("/v1/links/talk", edit, "If-Match: " + std::string(tag) + "\r\n").status == 412);
  }
  const auto edited = shortener.patch("/v1/links/talk", edit, "If-Match: \"1\"\r\n");
  CHECK(edited.status == 200);
  CHECK(edited.header("ETag") == "\"2\"");
  CHECK(text_at(edited, "/tags") == R"(["b"])");
  CHECK(shortener.get("/v1/links/talk").body == edited.body);
  CHECK(shortener.patch("/v1/links/talk", "{}", "If-Match: *\r\n").header("ETag") == "\"3\"");
}

TEST_CASE("null takes an expiry or a limit away, and nothing else") {
  Shortener shortener;
  shortener.shorten(limited);
  const auto edited = shortener.patch("/v1/links/talk", R"({"expiresAt":null,"maxClicks":null})", "If-Match: *\r\n");
  CHECK(edited.status == 200);
  CHECK(text_at(edited, "/expiresAt") == "null");
  CHECK(text_at(edited, "/maxClicks") == "null");
  CHECK(text_at(edited, "/tags") == R"(["a"])");
  CHECK(shortener.patch("/v1/links/talk", R"({"longUrl":null})", "If-Match: *\r\n").status == 422);
  const auto bare = shortener.patch("/v1/links/talk", R"({"tags":null})", "If-Match: *\r\n");
  CHECK(text_at(bare, "/tags") == "[]");
}

TEST_CASE("fields that cannot be edited are refused, with those that can") {
  Shortener shortener;
  shortener.shorten(limited);
  const auto refused = shortener.patch("/v1/links/talk", R"({"alias":"other","shortCode":"x"})", "If-Match: *\r\n");
  CHECK(refused.status == 422);
  CHECK(refused.body.find("accepted: longUrl, ttlSeconds, expiresAt, maxClicks, tags") != std::string::npos);
  const auto script = R"({"longUrl":"javascript:void 0"})";
  CHECK(shortener.patch("/v1/links/talk", script, "If-Match: *\r\n").status == 422);
  CHECK(shortener.get("/v1/links/talk").header("ETag") == "\"1\"");
}

TEST_CASE("an edit that takes effect shows at the next redirect") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com/a"})");
  CHECK(shortener.get("/" + code).header("Location") == "https://example.com/a");
  CHECK(shortener.get("/" + code).header("Location") == "https://example.com/a");  // from the cache
  shortener.patch("/v1/links/" + code, R"({"longUrl":"https://example.com/b"})", "If-Match: \"1\"\r\n");
  CHECK(shortener.get("/" + code).header("Location") == "https://example.com/b");
}

TEST_CASE("a deleted link is gone for good") {
  Shortener shortener;
  shortener.shorten(limited);
  CHECK(shortener.request("DELETE", "/v1/links/talk", "If-Match: \"2\"\r\n").status == 412);
  const auto deleted = shortener.request("DELETE", "/v1/links/talk", "If-Match: \"1\"\r\n");
  CHECK(deleted.status == 204);
  CHECK(deleted.body.empty());
  CHECK(shortener.get("/talk").status == 410);
  CHECK(shortener.get("/talk+").status == 410);
  CHECK(error_code(shortener.get("/v1/links/talk")) == "LINK_DELETED");
  CHECK(shortener.post("/shorten", limited).status == 409);  // its code is not given out again
  CHECK(text_at(shortener.get("/v1/links"), "/data") == "[]");
  for (const auto& late :
       {shortener.request("DELETE", "/v1/links/talk"), shortener.patch("/v1/links/talk", "{}", "If-Match: *\r\n")}) {
    CHECK(late.status == 410);
    CHECK(error_code(late) == "LINK_DELETED");
  }
  CHECK(shortener.request("DELETE", "/v1/links/nobody").status == 404);
  CHECK(shortener.patch("/v1/links/nobody", "{}", "If-Match: *\r\n").status == 404);
}

TEST_CASE("pages of a list hold each link once, newest first, whatever is created meanwhile") {
  Shortener shortener;
  for (int i = 0; i < 45; ++i) {
    shortener.shorten(R"({"longUrl":"https://example.com"})");
    if (i % 3 == 0) shortener.pass(1s);  // several of one instant
  }
  std::set<std::string> seen;
  std::string cursor;
  std::string last_created = "9999";
  for (int page = 0; page < 3; ++page) {
    const auto answer = shortener.get("/v1/links?limit=20" + (cursor.empty() ? "" : "&cursor=" + cursor));
    CHECK(answer.status == 200);
    CHECK(text_at(answer, "/meta/limit") == "20");
    const auto value = json_of(answer);
    for (const auto& link : value.at("data").as_array()) {
      CHECK(seen.insert(text_at(link, "/shortCode")).second);
      CHECK(text_at(link, "/createdAt") <= last_created);
      last_created = text_at(link, "/createdAt");
    }
    cursor = text_at(value, "/meta/nextCursor");
    shortener.pass(1s);
    shortener.shorten(R"({"longUrl":"https://example.com/later"})");
  }
  CHECK(cursor == "null");
  CHECK(seen.size() == 45);
}

TEST_CASE("a list says no to limits and cursors that make no sense") {
  Shortener shortener;
  CHECK(text_at(shortener.get("/v1/links"), "/meta/limit") == "20");
  for (const auto* query :
       {"limit=0", "limit=-1", "limit=x", "limit=", "limit=1000000", "cursor=", "cursor=abc", "cursor=eyJhIjoxfQ"}) {
    INFO(query);
    CHECK(shortener.get("/v1/links?" + std::string(query)).status == 422);
  }
  for (const auto* query : {"cursor=%FF", "limit=%", "tag=%zz"}) {
    INFO(query);
    CHECK(shortener.get("/v1/links?" + std::string(query)).status == 400);
  }
}

TEST_CASE("a tag filters the list") {
  Shortener shortener;
  shortener.shorten(R"({"longUrl":"https://example.com/1","tags":["red","blue"]})");
  shortener.shorten(R"({"longUrl":"https://example.com/2","tags":["red"]})");
  shortener.shorten(R"({"longUrl":"https://example.com/3","tags":["fünf & sechs"]})");
  const auto count = [&](std::string_view tag) {
    const auto value = json_of(shortener.get("/v1/links?tag=" + std::string(tag)));
    return value.at("data").as_array().size();
  };
  CHECK(count("red") == 2);
  CHECK(count("blue") == 1);
  CHECK(count("f%C3%BCnf+%26+sechs") == 1);
  CHECK(count("re") == 0);
}

TEST_CASE("/api/v1 is /v1") {
  Shortener shortener;
  shortener.shorten(limited);
  CHECK(shortener.get("/api/v1/links/talk").body == shortener.get("/v1/links/talk").body);
  CHECK(shortener.get("/api/v1/links").body == shortener.get("/v1/links").body);
  CHECK(shortener.get("/api/v1/links/talk/stats").status == 200);
  CHECK(shortener.patch("/api/v1/links/talk", "{}", "If-Match: *\r\n").status == 200);
  CHECK(shortener.request("DELETE", "/api/v1/links/talk").status == 204);
}
