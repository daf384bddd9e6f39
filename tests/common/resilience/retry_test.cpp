#include "common/resilience/retry.h"

#include <vector>

#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace common;
using namespace std::chrono_literals;
using testing::run_task;

namespace {

// A dependency that answers by a script, and a clock that sleeping moves.
struct Scene {
  ManualClock clock;
  SeededRandom random{7};
  std::vector<std::optional<Failure>> script;  // nothing: success
  std::size_t calls = 0;
  std::vector<Duration> waits;
  std::chrono::microseconds each_takes{0};

  Task<Result<int>> attempt() {
    clock.advance(each_takes);
    const auto outcome = script.at(calls++);
    if (outcome) co_return Error{*outcome, "scripted"};
    co_return 42;
  }

  Task<void> sleep(Duration duration) {
    waits.push_back(duration);
    clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(duration));
    co_return;
  }

  Result<int> run(RetryPolicy policy) {
    return run_task(retry([this] { return attempt(); }, policy, clock, random,
                          [this](Duration duration) { return sleep(duration); }));
  }
};

}  // namespace

TEST_CASE("a success is not repeated") {
  Scene scene;
  scene.script = {std::nullopt};
  REQUIRE(scene.run({}).value() == 42);
  REQUIRE(scene.calls == 1);
  REQUIRE(scene.waits.empty());
}

TEST_CASE("failures where nothing was done are tried again, with growing bounds on the waits") {
  Scene scene;
  scene.script = {Failure::unavailable, Failure::timed_out, Failure::overloaded, std::nullopt};
  REQUIRE(scene.run({.backoff = {.base = 100ms, .cap = 1s}}).value() == 42);
  REQUIRE(scene.calls == 4);
  REQUIRE(scene.waits.size() == 3);
  REQUIRE(scene.waits[0] <= 100ms);
  REQUIRE(scene.waits[1] <= 200ms);
  REQUIRE(scene.waits[2] <= 400ms);
}

TEST_CASE("what may have been done, or cannot get better, is never tried again") {
  for (const Failure kind : {Failure::unknown_outcome, Failure::closed, Failure::invalid, Failure::internal}) {
    Scene scene;
    scene.script = {kind, std::nullopt};
    REQUIRE(scene.run({}).error().kind == kind);
    REQUIRE(scene.calls == 1);
  }
}

TEST_CASE("an unknown outcome ends the repetition even after retryable failures") {
  Scene scene;
  scene.script = {Failure::unavailable, Failure::unknown_outcome, std::nullopt};
  REQUIRE(scene.run({}).error().kind == Failure::unknown_outcome);
  REQUIRE(scene.calls == 2);
}

TEST_CASE("after the last attempt its failure is returned, without another wait") {
  Scene scene;
  scene.script = {Failure::unavailable, Failure::unavailable, Failure::overloaded};
  REQUIRE(scene.run({.attempts_max = 3}).error().kind == Failure::overloaded);
  REQUIRE(scene.calls == 3);
  REQUIRE(scene.waits.size() == 2);
}

TEST_CASE("a wait that would pass the deadline is not begun") {
  Scene scene;
  scene.script.assign(100, Failure::unavailable);
  scene.each_takes = 300ms;
  const Instant start = scene.clock.monotonic();
  const RetryPolicy policy{.attempts_max = 100, .deadline = 1s, .backoff = {.base = 1ms, .cap = 1ms}};
  REQUIRE(scene.run(policy).error().kind == Failure::unavailable);
  REQUIRE(scene.calls == 4);  // at 0, 0.3, 0.6 and 0.9 s
  REQUIRE(scene.clock.monotonic() - start < 1300ms);
}
