// What hash and random add to the contract: the two that ask no store, and may propose what is taken.

#include "url_shortener/code_generator_hash.h"
#include "tests/support/run_task.h"
#include "tests/url_shortener/code_sources_under_test.h"
#include "tests/url_shortener/shortener_under_test.h"
#include "url_shortener/base62.h"

using namespace url_shortener;
using testing::run_task;

namespace {

// Counts how often it was asked.
class Counted final : public CodeGenerator {
 public:
  explicit Counted(CodeGenerator& codes) : codes_(codes) {}
  common::Task<common::Result<std::string>> next(std::string_view long_url, CodeAttempt attempt) override {
    ++attempts;
    return codes_.next(long_url, attempt);
  }
  int attempts = 0;

 private:
  CodeGenerator& codes_;
};

// How many attempts `links` links of one URL take, through the real loop that creates them.
int attempts_for(int links, unsigned code_length) {
  common::SeededRandom random(1);
  CodeGeneratorHash hash(random, code_length);
  Counted counted(hash);
  testing::Shortener shortener(counted);
  for (int i = 0; i < links; ++i)
    shortener.shorten(R"({"longUrl":"https://example.com/popular"})");  // requires 201
  return counted.attempts;
}

}  // namespace

TEST_CASE("random codes grow by a character after three collisions") {
  CodeSourcesUnderTest sources("memory");
  const auto generator = make_code_generator("random", 4, sources.one());
  const auto length = [&](unsigned attempt) {
    return run_task(generator->next("https://example.com/", attempt)).value().size();
  };
  CHECK(length(2) == 4);
  CHECK(length(3) == 5);
  CHECK(length(100) == base62::exponent_max);
}

// Worked out by another implementation: Python's hashlib and integers.
TEST_CASE("a hash is the first digits of the URL's SHA-256 read as a fraction") {
  CHECK(CodeGeneratorHash::code("https://example.com/", 0, 10) == "3eFgQP88jd");
  CHECK(CodeGeneratorHash::code("https://example.com/", 0, 7) == "3eFgQP8");
  CHECK(CodeGeneratorHash::code("https://example.com/", 0, 1) == "3");
  CHECK(CodeGeneratorHash::code("https://example.com/", 1, 7) == "mPlfR0Z");
}

TEST_CASE("the same URL has the same hash in every process, however it is spelt") {
  for (const auto* url : {"https://example.com/", "HTTPS://Example.com:443", "https://example.com/a/.."}) {
    CodeSourcesUnderTest sources("memory");
    const auto hash = make_code_generator("hash", 0, sources.one());
    testing::Shortener shortener(*hash);
    CHECK(shortener.shorten(R"({"longUrl":")" + std::string(url) + "\"}") == "3eFgQP8");
    CHECK(shortener.shorten(R"({"longUrl":")" + std::string(url) + "\"}") == "mPlfR0Z");
  }
}

TEST_CASE("a thousand links of one URL take one attempt, two, and from then on three each") {
  CHECK(attempts_for(1'000, 7) == 1 + 2 + 998 * 3);
}

TEST_CASE("a hash grows by a character when its space is full, so creation goes on") {
  // 62 codes of one character and 3,844 of two for 1,000 links: two probes, three random attempts, then longer ones.
  CHECK(attempts_for(1'000, 1) < 1'000 * 8);
}
