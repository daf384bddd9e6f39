// The picture of a short URL, as far as it can be said without reading it: tests/integration/qr_test.cpp has it read.

#include "tests/url_shortener/shortener_under_test.h"
#include "url_shortener/extras/qr.h"

using namespace testing;
using url_shortener::qr_svg;
using url_shortener::QrCorrection;

TEST_CASE("more correction makes a larger code, and a text that fits none is said to") {
  const auto low = qr_svg("https://sho.rt/abcdefg", QrCorrection::low, 256);
  const auto high = qr_svg("https://sho.rt/abcdefg", QrCorrection::high, 256);
  REQUIRE(low);
  REQUIRE(high);
  CHECK(low->find(R"(viewBox="0 0 33 33")") != std::string::npos);  // version 2, 25 modules, in a zone of 4
  CHECK(high->find(R"(viewBox="0 0 37 37")") != std::string::npos);
  CHECK_FALSE(qr_svg(std::string(3'000, 'x'), QrCorrection::low, 256));
}

TEST_CASE("a link's picture is an SVG that may be kept for a day") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com/"})");
  const auto picture = shortener.get("/v1/links/" + code + "/qr");
  CHECK(picture.status == 200);
  CHECK(picture.header("Content-Type") == "image/svg+xml");
  CHECK(picture.header("Cache-Control") == "public, max-age=86400");
  CHECK(picture.body == *qr_svg("https://sho.rt/" + code, QrCorrection::medium, 256));
  const auto again = shortener.get("/v1/links/" + code + "/qr", "If-None-Match: " + picture.header("ETag") + "\r\n");
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  const auto other = shortener.get("/v1/links/" + code + "/qr?size=512&errorCorrection=H");
  CHECK(other.body == *qr_svg("https://sho.rt/" + code, QrCorrection::high, 512));
  CHECK(other.header("ETag") != picture.header("ETag"));
}

TEST_CASE("a picture is kept no longer than its link lives, and a link that is gone has none") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com/","ttlSeconds":60})");
  shortener.pass(500ms);
  CHECK(shortener.get("/v1/links/" + code + "/qr").header("Cache-Control") == "public, max-age=59");
  shortener.pass(1min);
  CHECK(shortener.get("/v1/links/" + code + "/qr").status == 410);
  CHECK(shortener.get("/v1/links/nobody/qr").status == 404);
}

TEST_CASE("a picture's options are checked, all at once") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com/"})");
  for (const auto* query :
       {"size=63", "size=4097", "size=-1", "size=1e3", "size=", "errorCorrection=X", "errorCorrection=l"}) {
    INFO(query);
    CHECK(shortener.get("/v1/links/" + code + "/qr?" + query).status == 422);
  }
  const auto both = shortener.get("/v1/links/" + code + "/qr?size=0&errorCorrection=0");
  CHECK(text_at(both, "/error/details/1/field") == "errorCorrection");
}

TEST_CASE("looking for pictures of codes that do not exist is slowed down as looking for links is") {
  Shortener shortener;
  int late = 0;
  for (int i = 0; i < 30; ++i) {
    const auto answer = shortener.get("/v1/links/nobody" + std::to_string(i) + "/qr");
    late += answer.status == 429 ? 1 : 0;
  }
  CHECK(late > 0);
}
