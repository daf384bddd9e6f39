// What snowflake adds to the contract: leases, clocks that step back, restarts. Its arithmetic: snowflake_test.cpp.

#include "url_shortener/code_generator_snowflake.h"

#include <array>
#include <memory>
#include <unordered_set>
#include <utility>

#include "tests/support/run_task.h"
#include "tests/url_shortener/code_sources_under_test.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Failure;
using common::Task;
using testing::run_task;

namespace {

using Generator = CodeGeneratorSnowflake;
constexpr auto lease_length = Generator::lease_length;

std::string next(const std::unique_ptr<Generator>& generator) {
  return run_task(generator->next("https://example.com/", 0)).value();
}

bool unavailable(const std::unique_ptr<Generator>& generator) {
  const auto code = run_task(generator->next("https://example.com/", 0));
  return code.has_error() && code.error().kind == Failure::unavailable;
}

std::uint32_t machine_of(const std::string& code) {
  return static_cast<std::uint32_t>(*base62::decode(code) >> 8 & 1023);
}

// Leases all numbers but `left` of them to others, for `length` from the clock's time on.
void occupy(CodeSourcesUnderTest& sources, std::uint32_t left, std::chrono::milliseconds length) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(sources.clock.now());
  lease_to_others(sources.two().machine_ids, left, now, length);
}

struct Tally {
  std::unordered_set<std::string> codes;
  std::size_t made = 0;
  std::size_t refused = 0;
};

Task<> make(Generator& generator, std::uint64_t count, Tally& tally) {
  for (; count > 0; --count) {
    const auto code = co_await generator.next("https://example.com/", 0);
    if (code.has_error()) {
      ++tally.refused;
      co_return;
    }
    ++tally.made;
    tally.codes.insert(*code);
  }
}

std::unique_ptr<Generator> process(CodeSources sources) {
  return std::make_unique<Generator>(sources.machine_ids, sources.clock, sources.random);
}

}  // namespace

TEST_CASE("two processes make snowflakes with machine numbers of their own") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  auto one = process(sources.one());
  auto two = process(sources.two());
  CHECK(machine_of(next(one)) != machine_of(next(two)));
}

TEST_CASE("codes of a process sort as they were made") {
  CodeSourcesUnderTest sources("memory");
  auto generator = process(sources.one());
  std::string last;
  for (int i = 0; i < 2'000; ++i) {
    sources.clock.advance(std::chrono::milliseconds{i % 7 == 0 ? -3 : 2});
    const auto code = next(generator);
    REQUIRE(code.size() == 10);
    REQUIRE(code > last);
    last = code;
  }
}

TEST_CASE("a lease is extended once half of it is used, and nobody waits for that") {
  CodeSourcesUnderTest sources("memory");
  auto generator = process(sources.one());
  const auto machine = machine_of(next(generator));
  sources.clock.advance(lease_length / 2);
  next(generator);
  CHECK(sources.first().asked == 1);
  sources.clock.advance(1ms);
  next(generator);  // which asks in the background
  next(generator);
  CHECK(sources.first().asked == 2);
  sources.clock.advance(lease_length - 1ms);  // the first lease alone would be over
  CHECK(machine_of(next(generator)) == machine);
}

TEST_CASE("after an idle day a process asks again before it makes a code") {
  CodeSourcesUnderTest sources("memory");
  auto generator = process(sources.one());
  const auto before = next(generator);
  sources.clock.advance(24h);
  CHECK(next(generator) > before);
  CHECK(sources.first().asked == 2);
}

TEST_CASE("a process that cannot extend its lease has stopped when another may take its number, and not before") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  auto one = process(sources.one());
  const auto machine = machine_of(next(one));
  occupy(sources, 1, 1h);  // so that this number is the only one to become free
  sources.first().broken = true;
  auto two = process(sources.two());

  sources.clock.advance(lease_length - 1ms);
  CHECK(machine_of(next(one)) == machine);
  CHECK(unavailable(two));

  sources.clock.advance(1ms);
  CHECK(unavailable(one));
  CHECK(machine_of(next(two)) == machine);

  sources.first().broken = false;
  CHECK(unavailable(one));  // all numbers are leased now
  sources.clock.advance(1h);
  CHECK(machine_of(next(one)) < Snowflake::machines);
}

TEST_CASE("a clock that steps back by a leap second goes unnoticed, by an hour it stops snowflakes") {
  CodeSourcesUnderTest sources("memory");
  auto generator = process(sources.one());
  const auto first = next(generator);
  sources.clock.advance(-1s);
  const auto second = next(generator);
  CHECK(second > first);
  sources.clock.advance(-1h);
  CHECK(unavailable(generator));
  sources.clock.advance(1h);
  CHECK(next(generator) > second);
}

TEST_CASE("after a restart with the clock set back a process goes on at once, with another number") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  auto before_crash = process(sources.one());
  const auto before = next(before_crash);
  before_crash.reset();
  sources.clock.advance(-1h);
  auto after_crash = process(sources.one());
  CHECK(machine_of(next(after_crash)) != machine_of(before));
}

TEST_CASE("a number that is taken again begins behind everything made with it before") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  auto before_crash = process(sources.one());
  std::string before;
  for (int i = 0; i < 300; ++i)
    before = next(before_crash);  // a millisecond and more ahead of the clock
  before_crash.reset();
  occupy(sources, 1, 1h);
  auto after_crash = process(sources.one());
  CHECK(unavailable(after_crash));
  sources.clock.advance(lease_length);
  const auto after = next(after_crash);
  CHECK(machine_of(after) == machine_of(before));
  CHECK(after > before);
}

// Three processes share two machine numbers. Their clocks are wrong by up to three seconds, each by its own, and step
// now and then, but by half seconds, so that they often say the same. At times a store is away, or leases and its
// answer is lost; a process crashes; or it makes so many codes that it borrows from the time to come.
TEST_CASE("whatever clocks, crashes and failures do, no snowflake is made twice") {
  FOR_EACH_KIND(CodeSourcesUnderTest, sources);
  occupy(sources, 2, std::chrono::hours{24 * 3650});
  const int steps = kind == "memory" ? 20'000 : 2'000;
  common::SeededRandom random(42);
  const auto one_in = [&](std::uint64_t chances) { return random.below(chances) == 0; };
  std::array<common::ManualClock, 3> clocks;
  std::array<std::chrono::milliseconds, 3> wrong_by{};
  std::array<std::unique_ptr<Generator>, 3> processes;
  Tally tally;
  for (int step = 0; step < steps; ++step) {
    const auto i = random.below(3);
    auto& store = i == 0 ? sources.first() : sources.second();
    const auto passed = 500ms * random.below(3);
    for (auto& clock : clocks)
      clock.advance(passed);
    if (one_in(5)) {
      const auto before = std::exchange(wrong_by[i], 500ms * random.below(13) - 3s);
      clocks[i].advance(wrong_by[i] - before);
    }
    if (one_in(15)) store.broken = !store.broken;
    if (one_in(15)) store.loses_answers = !store.loses_answers;
    if (!processes[i] || one_in(20)) processes[i] = std::make_unique<Generator>(store, clocks[i], random);
    run_task(make(*processes[i], one_in(20) ? 600 : random.below(3), tally));
  }
  CHECK(tally.codes.size() == tally.made);
  CHECK(tally.made > static_cast<std::size_t>(steps));
  CHECK(tally.refused > static_cast<std::size_t>(steps) / 20);
}
