// GET /v1/links?q= over the whole HTTP interface and a memory store.

#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;

namespace {

std::size_t count(const RawResponse& page) {
  return json_of(page).at("data").as_array().size();
}

}  // namespace

TEST_CASE("links are found by the words of their URLs, tags and codes") {
  Shortener shortener;
  shortener.shorten(R"({"longUrl":"https://example.com/News/a"})");
  shortener.shorten(R"({"longUrl":"https://example.com/%C3%BCber","alias":"my-talk","tags":["press"]})");
  CHECK(count(shortener.get("/v1/links?q=news")) == 1);
  CHECK(count(shortener.get("/v1/links?q=example")) == 2);
  CHECK(count(shortener.get("/api/v1/links?q=press+talk")) == 1);
  CHECK(count(shortener.get("/v1/links?q=%C3%BCber")) == 1);
  CHECK(count(shortener.get("/v1/links?q=news&tag=press")) == 0);
  CHECK(text_at(shortener.get("/v1/links?q=nothing"), "/meta/nextCursor") == "null");
}

TEST_CASE("pages of a search follow each other by the cursor") {
  Shortener shortener;
  for (int i = 0; i < 25; ++i) {
    shortener.shorten(R"({"longUrl":"https://example.com/)" + std::to_string(i) + R"("})");
    shortener.pass(1s);
  }
  std::size_t seen = 0;
  std::string path = "/v1/links?q=example&limit=10";
  for (int pages = 0; pages < 5 && !path.empty(); ++pages) {
    const auto page = shortener.get(path);
    REQUIRE(page.status == 200);
    seen += count(page);
    const auto cursor = text_at(page, "/meta/nextCursor");
    path = cursor == "null" ? "" : "/v1/links?q=example&limit=10&cursor=" + cursor;
  }
  CHECK(seen == 25);
  CHECK(path.empty());
}

TEST_CASE("a search for nothing, or for too much, is refused") {
  Shortener shortener;
  CHECK(error_code(shortener.get("/v1/links?q=")) == "SEARCH_INVALID");
  CHECK(error_code(shortener.get("/v1/links?q=%2F%2F")) == "SEARCH_INVALID");
  CHECK(error_code(shortener.get("/v1/links?q=a+b+c+d+e+f+g+h+i")) == "SEARCH_INVALID");
  CHECK(shortener.get("/v1/links?q=%FF").status == 400);
}
