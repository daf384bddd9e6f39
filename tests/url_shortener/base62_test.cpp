#include "url_shortener/base62.h"

#include <limits>

#include "common/random.h"
#include "tests/support/catch.h"

using namespace url_shortener;

TEST_CASE("base62 writes numbers in as few digits as they take") {
  CHECK(base62::encode(0) == "0");
  CHECK(base62::encode(61) == "z");
  CHECK(base62::encode(62) == "10");
  CHECK(base62::encode(base62::power(7) - 1) == "zzzzzzz");
  CHECK(base62::encode(base62::power(7)) == "10000000");
  CHECK(base62::encode(std::numeric_limits<std::uint64_t>::max()) == "LygHa16AHYF");
}

TEST_CASE("base62 pads to a width and never cuts") {
  CHECK(base62::encode(0, 7) == "0000000");
  CHECK(base62::encode(62, 4) == "0010");
  CHECK(base62::encode(base62::power(4), 4) == "10000");
}

TEST_CASE("base62 reads back what it wrote, at every power and at random") {
  const auto returns = [](std::uint64_t number, unsigned width) {
    return base62::decode(base62::encode(number, width)) == number;
  };
  for (unsigned exponent = 0; exponent <= base62::exponent_max; ++exponent) {
    const std::uint64_t power = base62::power(exponent);
    for (const std::uint64_t number : {power - 1, power, power + 1})
      CHECK(returns(number, exponent));
  }
  common::SeededRandom random(62);
  int failures = 0;
  for (int i = 0; i < 100'000; ++i)
    failures += !returns(random.next() >> random.below(64), static_cast<unsigned>(random.below(12)));
  CHECK(failures == 0);
}

TEST_CASE("base62 refuses what is no number of 64 bits") {
  CHECK_FALSE(base62::decode(""));
  CHECK_FALSE(base62::decode("ab-c"));
  CHECK_FALSE(base62::decode(std::string("a\0", 2)));
  CHECK_FALSE(base62::decode("\xC3\xBC"));
  CHECK(base62::decode("LygHa16AHYF") == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(base62::decode("LygHa16AHYG"));
  CHECK_FALSE(base62::decode("zzzzzzzzzzz"));
  CHECK(base62::decode("000000000000000000001") == 1u);
}

TEST_CASE("codes of equal length sort like their numbers") {
  CHECK(base62::encode(9, 3) < base62::encode(10, 3));
  CHECK(base62::encode(35, 3) < base62::encode(36, 3));
  CHECK(base62::encode(61, 3) < base62::encode(62, 3));
}
