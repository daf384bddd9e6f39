// Clients that try codes which do not exist, through the whole HTTP interface.

#include "tests/url_shortener/shortener.h"

using namespace testing;

namespace {

constexpr int allowed = 20;  // a minute: shortener.h

// So many unknown codes until one is not answered 404.
int until_braked(Shortener& shortener, const std::string& path = "/nothing") {
  for (int tried = 0; tried < 1000; ++tried) {
    if (shortener.get(path + std::to_string(tried)).status != 404) return tried;
  }
  return 1000;
}

}  // namespace

TEST_CASE("who tries too many unknown codes is told to wait") {
  Shortener shortener;
  CHECK(until_braked(shortener) == allowed);
  const auto braked = shortener.get("/nothing");
  CHECK(braked.status == 429);
  CHECK(error_code(braked) == "TOO_MANY_UNKNOWN_CODES");
  CHECK(braked.header("Retry-After") == "3");
  CHECK(braked.header("Cache-Control") == "no-store");
  shortener.pass(3s);
  CHECK(shortener.get("/nothing").status == 404);
  CHECK(shortener.get("/nothing").status == 429);
}

TEST_CASE("a link that exists is never counted, and never held back from a scanner") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com"})");
  for (int i = 0; i < 10 * allowed; ++i)
    CHECK(shortener.get("/" + code).status == 302);
  CHECK(until_braked(shortener) == allowed);
  for (int i = 0; i < 10; ++i) {
    CHECK(shortener.get("/" + code).status == 302);
    CHECK(shortener.get("/" + code + "+").status == 200);
    CHECK(shortener.get("/v1/links/" + code).status == 200);
  }
}

TEST_CASE("previews, links and statistics of unknown codes count as well") {
  Shortener shortener;
  CHECK(until_braked(shortener, "/v1/links/nothing") == allowed);
  CHECK(shortener.get("/nothing+").status == 429);
  CHECK(shortener.get("/v1/links/nothing/stats").status == 429);
  CHECK(shortener.get("/nothing").status == 429);
}

TEST_CASE("an unknown code that was asked for is found as soon as it exists") {
  Shortener shortener;
  for (int i = 0; i < 3; ++i)
    CHECK(shortener.get("/talk").status == 404);
  shortener.shorten(R"({"longUrl":"https://example.com","alias":"talk"})");
  CHECK(shortener.get("/talk").status == 302);
}

TEST_CASE("who creates too many links is told to wait, and replays do not count") {
  Shortener shortener(*rate_limiter::parse_rate("100/1m").value());
  for (int i = 0; i < 100; ++i)
    CHECK(
        shortener
            .post("/shorten", R"({"longUrl":"https://example.com"})", "Idempotency-Key: k" + std::to_string(i) + "\r\n")
            .status == 201);
  const auto refused = shortener.post("/shorten", R"({"longUrl":"https://example.com"})");
  CHECK(refused.status == 429);
  CHECK(error_code(refused) == "TOO_MANY_LINKS");
  CHECK(refused.header("Retry-After") == "1");
  CHECK(shortener.post("/shorten", R"({"longUrl":"https://example.com"})", "Idempotency-Key: k7\r\n").status == 201);
  shortener.pass(1s);
  CHECK(shortener.post("/shorten", R"({"longUrl":"https://example.com"})").status == 201);
}
