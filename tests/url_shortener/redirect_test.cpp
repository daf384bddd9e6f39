#include <charconv>
#include <string>

#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;

namespace {

// The seconds of max-age; -1 without one.
int max_age(const RawResponse& answer) {
  const std::string control = answer.header("Cache-Control");
  const std::string_view mark = "max-age=";
  const auto at = control.find(mark);
  int seconds = -1;
  if (at != std::string::npos) {
    std::from_chars(control.data() + at + mark.size(), control.data() + control.size(), seconds);
  }
  return seconds;
}

}  // namespace

TEST_CASE("a short link leads to its long URL, by GET and by HEAD") {
  for (const int status : {301, 302, 307, 308}) {
    Shortener shortener(status);
    const auto code = shortener.shorten(R"({"longUrl":"https://example.com/a?b=c#d"})");
    for (int i = 0; i < 2; ++i) {  // from the store, then from the cache
      const auto got = shortener.get("/" + code);
      CHECK(got.status == status);
      CHECK(got.header("Location") == "https://example.com/a?b=c#d");
      const auto head = shortener.request("HEAD", "/" + code);
      CHECK(head.status == status);
      CHECK(head.header("Location") == got.header("Location"));
      CHECK(head.header("Cache-Control") == got.header("Cache-Control"));
    }
    CHECK(shortener.stats(code).total == 2);  // HEAD counts no click
  }
}

TEST_CASE("a temporary redirect is asked for again at each click") {
  for (const int status : {302, 307}) {
    Shortener shortener(status);
    shortener.shorten(R"({"longUrl":"https://example.com","alias":"plain"})");
    shortener.shorten(R"({"longUrl":"https://example.com","alias":"brief","ttlSeconds":60})");
    CHECK(shortener.get("/plain").header("Cache-Control") == "private, no-cache");
    CHECK(shortener.get("/brief").header("Cache-Control") == "private, no-cache");
  }
}

TEST_CASE("a permanent redirect is remembered for 90 s at most, and never past the link's end") {
  for (const int status : {301, 308}) {
    Shortener shortener(status);
    shortener.shorten(R"({"longUrl":"https://example.com","alias":"plain"})");
    shortener.shorten(R"({"longUrl":"https://example.com","alias":"brief","ttlSeconds":100})");
    CHECK(max_age(shortener.get("/plain")) == 90);
    CHECK(max_age(shortener.get("/brief")) == 90);
    shortener.pass(60s);
    CHECK(max_age(shortener.get("/brief")) == 40);
    CHECK(max_age(shortener.get("/brief")) == 40);
    shortener.pass(500ms);
    CHECK(max_age(shortener.get("/brief")) == 39);
    shortener.pass(39s + 400ms);
    CHECK(max_age(shortener.get("/brief")) == 0);
    shortener.pass(100ms);
    CHECK(shortener.get("/brief").status == 410);
  }
}

TEST_CASE("a link that counts its clicks is never stored, by anybody") {
  for (const int status : {301, 302, 307, 308}) {
    Shortener shortener(status);
    shortener.shorten(R"({"longUrl":"https://example.com","alias":"three","maxClicks":3,"ttlSeconds":60})");
    for (int i = 0; i < 3; ++i) {
      shortener.request("HEAD", "/three");  // uses none up
      const auto followed = shortener.get("/three");
      CHECK(followed.status == status);
      CHECK(followed.header("Cache-Control") == "no-store");
    }
    const auto used_up = shortener.get("/three");
    CHECK(used_up.status == 410);
    CHECK(error_code(used_up) == "LINK_USED_UP");
    CHECK(shortener.request("HEAD", "/three").status == 410);
    CHECK(shortener.stats("three").total == 3);
  }
}

TEST_CASE("an expired link is 410 from its very instant on, cached or not") {
  Shortener shortener;
  shortener.shorten(R"({"longUrl":"https://example.com","alias":"brief","ttlSeconds":60})");
  CHECK(shortener.get("/brief").status == 302);
  shortener.pass(60s - 1us);
  CHECK(shortener.get("/brief").status == 302);
  shortener.pass(1us);
  const auto expired = shortener.get("/brief");
  CHECK(expired.status == 410);
  CHECK(error_code(expired) == "LINK_EXPIRED");
  CHECK(error_code(shortener.get("/brief+")) == "LINK_EXPIRED");
  CHECK(shortener.stats("brief").total == 2);
  const auto revived = shortener.patch("/v1/links/brief", R"({"ttlSeconds":60})", "If-Match: *\r\n");
  CHECK(revived.status == 200);
  CHECK(shortener.get("/brief").status == 302);
}

TEST_CASE("no answer about a code outlives the link it denies") {
  Shortener shortener(301);
  const auto nobody = shortener.get("/talk");
  CHECK(nobody.status == 404);
  CHECK(nobody.header("Cache-Control") == "no-store");  // a 404 may be kept otherwise (RFC 9110)
  shortener.shorten(R"({"longUrl":"https://example.com","alias":"talk","ttlSeconds":1})");
  CHECK(shortener.get("/talk").status == 301);
  shortener.pass(1s);
  CHECK(shortener.get("/talk").header("Cache-Control") == "no-store");
}

TEST_CASE("a click is counted by day, by where it came from and by what came") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com"})");
  const std::string_view desktop = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n";
  const std::string_view crawler = "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)\r\n";
  shortener.get("/" + code, "Referer: https://News.Example/item?id=1\r\n" + std::string(desktop));
  shortener.get("/" + code, "Referer: https://news.example/other\r\n" + std::string(desktop));
  shortener.get("/" + code, crawler);
  shortener.pass(24h);
  shortener.get("/" + code, "Referer: javascript:alert(1)\r\nUser-Agent: curl/8.5.0\r\n");
  shortener.get("/" + code + "+");

  const auto stats = shortener.stats(code);
  CHECK(stats.total == 4);
  const auto answer = shortener.get("/v1/links/" + code + "/stats");
  CHECK(answer.header("Cache-Control") == "no-store");
  CHECK(json_of(answer) == common::parse_json(R"({
    "total": 4,
    "daily": [{"date": "2025-06-15", "clicks": 3}, {"date": "2025-06-16", "clicks": 1}],
    "referrers": [{"referrer": "direct", "clicks": 2}, {"referrer": "news.example", "clicks": 2}],
    "agents": [{"agent": "desktop", "clicks": 2}, {"agent": "crawler", "clicks": 1},
               {"agent": "tool", "clicks": 1}]})")
                               .value());
}

TEST_CASE("a preview shows where a link leads, counts nothing and runs nothing") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com/?a=1&b=x","ttlSeconds":60})");
  const auto page = shortener.get("/" + code + "+");
  CHECK(page.status == 200);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Cache-Control") == "no-store");
  CHECK(page.header("Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(page.body.find("href=\"https://example.com/?a=1&amp;b=x\"") != std::string::npos);
  CHECK(page.body.find("https://sho.rt/" + code) != std::string::npos);
  CHECK(page.body.find("<script") == std::string::npos);
  CHECK(shortener.stats(code).total == 0);
  CHECK(shortener.get("/nobody+").status == 404);
}

TEST_CASE("a code in any percent-encoding is the same code") {
  Shortener shortener;
  shortener.shorten(R"({"longUrl":"https://example.com","alias":"talk"})");
  CHECK(shortener.get("/t%61lk").status == 302);
  CHECK(shortener.get("/t%61lk%2B").status == 404);  // an encoded '+' is part of the code
  CHECK(shortener.get("/Talk").status == 404);
  CHECK(shortener.get("/talk/").status == 404);
  CHECK(shortener.get("/%FF").status == 400);
  const auto posted = shortener.post("/talk", "{}");
  CHECK(posted.status == 405);
  CHECK(posted.header("Allow") == "GET, HEAD, OPTIONS");
}
