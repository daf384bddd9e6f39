// What key_pool adds to the contract: who waits for what, and what is lost.

#include "url_shortener/code_generator_key_pool.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/run_task.h"
#include "tests/url_shortener/code_sources_under_test.h"
#include "url_shortener/key_pool_memory.h"

using namespace url_shortener;
using common::Task;
using testing::run_task;

namespace {

using Generator = CodeGeneratorKeyPool;

std::string next(CodeGenerator& generator) {
  return run_task(generator.next("https://example.com/", 0)).value();
}

std::size_t size(CodeSourcesUnderTest& sources) {
  return run_task(sources.one().key_pool.size()).value();
}

// A pool of `keys`, which tells how much was asked of it at once.
class WatchedPool final : public KeyPool {
 public:
  Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override {
    most_claimed = std::max(most_claimed, count);
    return pool_.claim(count);
  }
  Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override {
    most_added = std::max(most_added, keys.size());
    added_before_first_code += !has_code;
    return pool_.add(std::move(keys));
  }
  Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override {
    most_added = std::max(most_added, keys.size());
    added_before_first_code += !has_code;
    return pool_.add_claimed(std::move(keys));
  }
  Task<common::Result<std::size_t>> size() override { return pool_.size(); }

  bool has_code = false;
  int added_before_first_code = 0;
  std::size_t most_claimed = 0;
  std::size_t most_added = 0;

 private:
  KeyPoolMemory pool_;
};

// A pool beside which another process is always faster: whatever is added, that one has claimed.
class DrainedPool final : public KeyPool {
 public:
  Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override { return pool_.claim(count); }
  Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override {
    const auto added = co_await pool_.add(std::move(keys));
    (co_await pool_.claim(*added)).value();
    co_return added;
  }
  Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override {
    return pool_.add_claimed(std::move(keys));
  }
  Task<common::Result<std::size_t>> size() override { return pool_.size(); }

 private:
  KeyPoolMemory pool_;
};

Task<> take_first(Generator& generator, WatchedPool& pool) {
  (co_await generator.next("https://example.com/", 0)).value();
  pool.has_code = true;
}

}  // namespace

TEST_CASE("the first creation waits for one slice, and the pool fills behind its back") {
  WatchedPool pool;
  common::SecureRandom random;
  Generator generator(pool, random, 7);
  run_task(take_first(generator, pool));
  CHECK(pool.added_before_first_code == 1);
  CHECK(run_task(pool.size()).value() == Generator::pool_size);
  for (int i = 0; i < 20'000; ++i)
    next(generator);
  CHECK(pool.most_added == Generator::slice_size);
  CHECK(pool.most_claimed == Generator::claim_size);
  const auto left = run_task(pool.size()).value();
  CHECK(left >= Generator::pool_size);
  CHECK(left < Generator::pool_size + Generator::slice_size);
}

TEST_CASE("a process has keys though another claims whatever is in the pool") {
  DrainedPool pool;
  common::SecureRandom random;
  Generator generator(pool, random, 7);
  std::set<std::string> codes;
  for (int i = 0; i < 3'000; ++i)
    codes.insert(next(generator));
  CHECK(codes.size() == 3'000);
}

TEST_CASE("a process claims the next keys before it has used the last, and lives off them while the pool is away") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  Generator generator(sources.one().key_pool, sources.random, 7);
  std::set<std::string> codes{next(generator)};
  sources.first().broken = true;
  for (std::size_t i = 1; i < Generator::claim_size; ++i)
    codes.insert(next(generator));  // claims fail meanwhile, and nobody is told
  CHECK(codes.size() == Generator::claim_size);
  const auto refused = run_task(generator.next("https://example.com/", 0));
  REQUIRE(refused.has_error());
  CHECK(refused.error().kind == common::Failure::unavailable);
  sources.first().broken = false;
  CHECK(codes.insert(next(generator)).second);
}

TEST_CASE("keys that a crash loses are given out to nobody, and are no more than was claimed") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  std::set<std::string> codes;
  for (int crash = 0; crash < 3; ++crash) {
    Generator generator(sources.one().key_pool, sources.random, 7);
    for (int i = 0; i < 700; ++i)
      CHECK(codes.insert(next(generator)).second);
  }
  // Each claimed twice, since fewer than half of the first thousand were left; the pool was filled after each claim.
  CHECK(size(sources) == Generator::pool_size);
}

TEST_CASE("the pool's keys are handed out whatever their length, but for reserved words") {
  CodeSourcesUnderTest sources("memory");
  CHECK(run_task(sources.one().key_pool.add({"v1", "abc", "Metrics", "0"})).value() == 4);
  Generator generator(sources.one().key_pool, sources.random, 7);
  CHECK(std::set<std::string>{next(generator), next(generator)} == std::set<std::string>{"abc", "0"});
}

TEST_CASE("keys are a character longer when half of a slice had been there before") {
  CodeSourcesUnderTest sources("memory");
  Generator generator(sources.one().key_pool, sources.random, 1);
  std::map<std::size_t, std::size_t> lengths;
  std::set<std::string> codes;
  for (int i = 0; i < 5'000; ++i) {
    const auto code = next(generator);
    ++lengths[code.size()];
    codes.insert(code);
  }
  CHECK(codes.size() == 5'000);
  CHECK(lengths[1] == 62);
  CHECK(lengths[2] > 1'000);
  CHECK(lengths.rbegin()->first <= 4);
}
