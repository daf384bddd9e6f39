#include "url_shortener/reserved.h"

#include <string>

#include "tests/support/catch.h"

using namespace url_shortener;

TEST_CASE("what a server answers itself is reserved in any case") {
  for (const auto* word : {"healthz", "readyz", "metrics", "shorten", "v1", "api", "openapi.json", "favicon.ico",
                           "robots.txt", "static", "docs", "admin", "login", "openapi", "robots"}) {
    INFO(word);
    CHECK(is_reserved(word));
  }
  CHECK(is_reserved("Metrics"));
  CHECK(is_reserved("HEALTHZ"));
}

TEST_CASE("a word that only begins or ends like a reserved one is free") {
  for (const auto* word : {"metrics2", "my-metrics", "metric", "v10", "apis", "", "0", "zzzzzzz", ".metrics"}) {
    INFO(word);
    CHECK_FALSE(is_reserved(word));
  }
}

TEST_CASE("an alias has 3 to 32 letters, digits, hyphens and underscores") {
  CHECK(is_alias("abc"));
  CHECK(is_alias("A-b_9"));
  CHECK(is_alias("---"));
  CHECK(is_alias(std::string(32, 'x')));
  CHECK_FALSE(is_alias("ab"));
  CHECK_FALSE(is_alias(std::string(33, 'x')));
  CHECK_FALSE(is_alias("a b"));
  CHECK_FALSE(is_alias("a/b"));
  CHECK_FALSE(is_alias("a.b"));
  CHECK_FALSE(is_alias("abc+"));
  CHECK_FALSE(
      is_alias("a\xC3\xBC"
               "b"));
  CHECK_FALSE(is_alias(std::string("a\0b", 3)));
}

TEST_CASE("a code is what a generator or an alias may have given") {
  for (const auto* code : {"0", "z1", "Raa0zv4", "my-talk_2"})
    CHECK(is_code(code));
  CHECK(is_code(std::string(32, 'x')));
  CHECK_FALSE(is_code(""));
  CHECK_FALSE(is_code(std::string(33, 'x')));
  CHECK_FALSE(is_code("a.b"));
  CHECK_FALSE(is_code(std::string("a\0b", 3)));
}
