// What the three generators that count add to the contract: counter, counter_block, permuted_counter.

#include <unordered_set>

#include "tests/support/run_task.h"
#include "tests/url_shortener/code_sources_under_test.h"
#include "url_shortener/base62.h"
#include "url_shortener/code_generator_counter_block.h"
#include "url_shortener/code_generator_permuted_counter.h"

using namespace url_shortener;
using testing::run_task;

namespace {

std::string next(CodeGenerator& generator) {
  return run_task(generator.next("https://example.com/", 0)).value();
}

}  // namespace

TEST_CASE("counter counts in base 62, and so does counter_block in one process") {
  const std::string name = GENERATE("counter", "counter_block");
  CodeSourcesUnderTest sources("memory");
  const auto generator = make_code_generator(name, 0, sources.one());
  std::string first_63;
  for (int i = 0; i < 63; ++i)
    first_63 += next(*generator);
  CHECK(first_63 == std::string(base62::alphabet) + "10");
}

TEST_CASE("counter and counter_block skip reserved words") {
  const std::string name = GENERATE("counter", "counter_block");
  CodeSourcesUnderTest sources("memory");
  const std::uint64_t before_v1 = *base62::decode("v0");
  REQUIRE(run_task(sources.one().ids.lease(before_v1)).has_value());
  const auto generator = make_code_generator(name, 0, sources.one());
  CHECK(next(*generator) == "v0");
  CHECK(next(*generator) == "v4");  // v1, v2 and v3 are versions of the API
}

TEST_CASE("counter_block asks the store once for a thousand codes, and once it is away has those it leased") {
  CodeSourcesUnderTest sources("memory");
  CodeGeneratorCounterBlock generator(sources.one().ids, 3);
  CHECK(next(generator) == "000");
  sources.first().broken = true;
  for (std::uint64_t i = 1; i < CodeGeneratorCounterBlock::block_size; ++i)
    CHECK(next(generator) == base62::encode(i, 3));
  CHECK(sources.first().asked == 1);
  CHECK(run_task(generator.next("https://example.com/", 0)).error().kind == common::Failure::unavailable);
}

TEST_CASE("what a process has left of its block when it dies is lost, and given out to nobody") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  CHECK(next(*make_code_generator("counter_block", 3, sources.one())) == "000");  // and gone it is
  CHECK(next(*make_code_generator("counter_block", 3, sources.two())) == base62::encode(1000, 3));
}

TEST_CASE("permuted_counter takes longer codes when the shorter ones are used up, none twice") {
  constexpr SipKey key{1, 2};
  std::unordered_set<std::string> codes;
  const std::uint64_t all_of_two = base62::power(1) + base62::power(2);
  for (std::uint64_t id = 0; id < all_of_two; ++id) {
    const auto code = CodeGeneratorPermutedCounter::code(key, 1, id);
    REQUIRE(code.size() == (id < base62::power(1) ? 1 : 2));
    codes.insert(code);
  }
  CHECK(codes.size() == all_of_two);
  CHECK(CodeGeneratorPermutedCounter::code(key, 1, all_of_two).size() == 3);
  CHECK(CodeGeneratorPermutedCounter::code(key, 10, base62::power(10)).empty());
}

TEST_CASE("two processes' permuted_counter generators on one store share key and counter") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  const auto one = make_code_generator("permuted_counter", 2, sources.one());
  const auto two = make_code_generator("permuted_counter", 2, sources.two());
  std::unordered_set<std::string> codes;
  for (int i = 0; i < 1500; ++i) {
    codes.insert(next(*one));
    codes.insert(next(*two));
  }
  CHECK(codes.size() == 3000);  // of 3,844: random codes would have met 900 times
}
