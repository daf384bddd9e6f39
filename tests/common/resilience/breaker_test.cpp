#include "common/resilience/breaker.h"

#include <thread>
#include <vector>

#include "common/resilience/breaker_guard.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace common;
using namespace std::chrono_literals;
using State = Breaker::State;

namespace {

constexpr Instant start{};

void fail_times(Breaker& breaker, int times, Instant now = start) {
  for (int i = 0; i < times; ++i)
    breaker.failed(now);
}

Task<Result<int>> outcome_of(std::optional<Failure> failure, int& calls) {
  ++calls;
  if (failure) co_return Error{*failure, "scripted"};
  co_return 1;
}

}  // namespace

TEST_CASE("a breaker opens at the fifth failure in a row") {
  Breaker breaker;
  fail_times(breaker, 4);
  REQUIRE(breaker.allow());
  breaker.failed(start);
  REQUIRE(breaker.state() == State::open);
  REQUIRE_FALSE(breaker.allow());
}

TEST_CASE("a failure that leaves no doubt opens it at once, and it comes back as from any other") {
  Breaker breaker({.failures_max = 5, .probe_every = 500ms});
  breaker.trip(start);
  REQUIRE(breaker.state() == State::open);
  breaker.trip(start + 100ms);  // it is open: its time does not change
  REQUIRE(breaker.probe_due(start + 500ms));
  breaker.trip(start + 500ms);
  REQUIRE(breaker.state() == State::half_open);
  breaker.probe_succeeded();
  REQUIRE(breaker.allow());
}

TEST_CASE("a success in between starts the count again") {
  Breaker breaker;
  fail_times(breaker, 4);
  breaker.succeeded();
  fail_times(breaker, 4);
  REQUIRE(breaker.allow());
}

TEST_CASE("an open breaker asks for one probe when its time has come, and for no second meanwhile") {
  Breaker breaker({.failures_max = 1, .probe_every = 500ms});
  REQUIRE_FALSE(breaker.probe_due(start + 1h));  // closed: nothing to probe
  breaker.failed(start);
  REQUIRE_FALSE(breaker.probe_due(start + 499ms));
  REQUIRE(breaker.probe_due(start + 500ms));
  REQUIRE(breaker.state() == State::half_open);
  REQUIRE_FALSE(breaker.probe_due(start + 1h));
  REQUIRE_FALSE(breaker.allow());
}

TEST_CASE("a probe that succeeds closes the breaker, one that fails opens it for another while") {
  Breaker breaker({.failures_max = 2, .probe_every = 500ms});
  fail_times(breaker, 2);
  REQUIRE(breaker.probe_due(start + 500ms));
  breaker.probe_failed(start + 600ms);
  REQUIRE(breaker.state() == State::open);
  REQUIRE_FALSE(breaker.probe_due(start + 1099ms));
  REQUIRE(breaker.probe_due(start + 1100ms));
  breaker.probe_succeeded();
  REQUIRE(breaker.allow());
  breaker.failed(start + 2s);  // the count began anew
  REQUIRE(breaker.allow());
}

TEST_CASE("stragglers from before the breaker opened change nothing") {
  Breaker breaker({.failures_max = 1, .probe_every = 500ms});
  breaker.failed(start);
  breaker.succeeded();
  REQUIRE(breaker.state() == State::open);
  breaker.failed(start + 400ms);  // must not put off the probe
  REQUIRE(breaker.probe_due(start + 500ms));
  breaker.failed(start + 501ms);
  breaker.succeeded();
  REQUIRE(breaker.state() == State::half_open);
}

TEST_CASE("a report of a probe that nobody asked for changes nothing") {
  Breaker breaker({.failures_max = 1});
  breaker.probe_failed(start);
  REQUIRE(breaker.state() == State::closed);
  breaker.failed(start);
  breaker.probe_succeeded();
  REQUIRE(breaker.state() == State::open);
}

TEST_CASE("of many threads one is told to probe") {
  Breaker breaker({.failures_max = 1, .probe_every = 0ms});
  for (int round = 0; round < 200; ++round) {
    breaker.failed(start);
    std::atomic<int> probes{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        breaker.succeeded();
        if (breaker.probe_due(start)) ++probes;
      });
    }
    for (std::thread& thread : threads)
      thread.join();
    REQUIRE(probes == 1);
    breaker.probe_succeeded();
  }
}

TEST_CASE("a guarded operation is not tried while the breaker is open") {
  ManualClock clock;
  Breaker breaker({.failures_max = 2});
  int calls = 0;
  const auto run = [&](std::optional<Failure> failure) {
    return testing::run_task(through_breaker([&] { return outcome_of(failure, calls); }, breaker, clock));
  };
  REQUIRE(run(std::nullopt).value() == 1);
  REQUIRE(run(Failure::invalid).error().kind == Failure::invalid);  // the request's fault
  REQUIRE(run(Failure::invalid).has_error());
  REQUIRE(run(Failure::timed_out).has_error());
  REQUIRE(run(Failure::unknown_outcome).has_error());
  REQUIRE(calls == 5);
  const auto refused = run(std::nullopt);
  REQUIRE(refused.error().kind == Failure::unavailable);
  REQUIRE(calls == 5);
}
