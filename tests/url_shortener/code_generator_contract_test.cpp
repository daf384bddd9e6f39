// What code_generator.h promises, asked of every implementation, and what each adds of its own.

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "common/random.h"
#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/base62.h"
#include "url_shortener/code_generator_permuted_counter.h"
#include "url_shortener/make_code_generator.h"
#include "url_shortener/reserved.h"

using namespace url_shortener;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

std::string next(CodeGenerator& generator, unsigned attempt = 0) {
  return run_task(generator.next("https://example.com/", attempt)).value();
}

}  // namespace

TEST_CASE("100,000 codes made on four threads are in the alphabet, not reserved and all different") {
  const std::string name = GENERATE("permuted_counter", "counter", "random");
  INFO(name);
  IdSourceMemory ids;
  common::SecureRandom random;
  const auto generator = make_code_generator(name, 0, ids, random);
  std::mutex mutex;
  std::unordered_set<std::string> codes;
  std::size_t ill_formed = 0;
  run_on_threads(4, [&](std::size_t) -> Task<> {
    std::vector<std::string> mine;
    for (int i = 0; i < 25'000; ++i)
      mine.push_back((co_await generator->next("https://example.com/", 0)).value());
    const std::lock_guard lock(mutex);
    for (auto& code : mine) {
      ill_formed += !base62::decode(code) || is_reserved(code);
      codes.insert(std::move(code));
    }
  });
  CHECK(ill_formed == 0);
  // random: expected collisions n²/2N = 1e10 / 7e12, one in 700 runs has any
  CHECK(codes.size() >= (name == "random" ? 99'999u : 100'000u));
}

TEST_CASE("codes have their natural length or the one that was asked for") {
  IdSourceMemory ids;
  common::SecureRandom random;
  CHECK(next(*make_code_generator("permuted_counter", 0, ids, random)).size() == 7);
  CHECK(next(*make_code_generator("random", 0, ids, random)).size() == 7);
  CHECK(next(*make_code_generator("counter", 0, ids, random)).size() == 2);  // a block of 1,000 is leased
  CHECK(next(*make_code_generator("permuted_counter", 5, ids, random)).size() == 5);
  CHECK(next(*make_code_generator("random", 10, ids, random)).size() == 10);
  CHECK(next(*make_code_generator("counter", 6, ids, random)).size() == 6);
}

TEST_CASE("an unknown generator is an error that lists the choices") {
  IdSourceMemory ids;
  common::SecureRandom random;
  std::string message;
  try {
    make_code_generator("md5", 0, ids, random);
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  for (const auto& choice : code_generator_choices())
    CHECK(message.find(choice.name) != std::string::npos);
  CHECK(code_generator_choices()[0].name == "permuted_counter");
  CHECK_THROWS_AS(make_code_generator("random", 11, ids, random), std::invalid_argument);
}

TEST_CASE("counter counts in base 62") {
  IdSourceMemory ids;
  common::SecureRandom random;
  const auto generator = make_code_generator("counter", 0, ids, random);
  std::string first_63;
  for (int i = 0; i < 63; ++i)
    first_63 += next(*generator);
  CHECK(first_63 == std::string(base62::alphabet) + "10");
}

TEST_CASE("counter skips reserved words") {
  IdSourceMemory ids;
  common::SecureRandom random;
  const std::uint64_t before_v1 = *base62::decode("v0");
  REQUIRE(run_task(ids.lease(before_v1)).has_value());
  const auto generator = make_code_generator("counter", 0, ids, random);
  CHECK(next(*generator) == "v0");
  CHECK(next(*generator) == "v4");  // v1, v2 and v3 are versions of the API
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
  FOR_EACH_KIND(IdSources, sources);
  common::SecureRandom random;
  const auto one = make_code_generator("permuted_counter", 2, sources.one(), random);
  const auto two = make_code_generator("permuted_counter", 2, sources.two(), random);
  std::unordered_set<std::string> codes;
  for (int i = 0; i < 1500; ++i) {
    codes.insert(next(*one));
    codes.insert(next(*two));
  }
  CHECK(codes.size() == 3000);  // of 3,844: random codes would have met 900 times
}

TEST_CASE("random codes grow by a character after three collisions") {
  IdSourceMemory ids;
  common::SecureRandom random;
  const auto generator = make_code_generator("random", 4, ids, random);
  CHECK(next(*generator, 2).size() == 4);
  CHECK(next(*generator, 3).size() == 5);
  CHECK(next(*generator, 100).size() == base62::exponent_max);
}
