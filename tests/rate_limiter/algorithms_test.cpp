// The six algorithms against their exact reference model, and each against what its page promises.

#include "rate_limiter/algorithms.h"

#include <array>
#include <iostream>
#include <string>

#include "common/random.h"
#include "tests/rate_limiter/steps.h"
#include "tests/support/catch.h"
#include "tests/support/size.h"

using namespace rate_limiter;
using testing::first_difference;

namespace {

constexpr Ticks second = ticks_per_second;
constexpr Ticks noon = 1'750'000'000 * second;  // a border of seconds and of minutes' fifths, not of minutes

Limit limit_of(Algorithm algorithm, std::int64_t limit, Ticks period, std::optional<std::int64_t> burst = {}) {
  return std::get<Limit>(make_limit(algorithm, limit, period, burst));
}

// One key under one limit.
struct Key {
  explicit Key(const Limit& of) : limit(of), state(fresh(of)) {}
  Decision check(Ticks now, std::int64_t cost = 1) { return rate_limiter::check(state, limit, now, cost); }

  Limit limit;
  State state;
};

}  // namespace

TEST_CASE("every algorithm decides as its definition does, whatever is asked and when") {
  constexpr std::size_t steps_each = 400;
  const std::uint64_t trials = testing::sanitized ? 20 : 100;
  for (const auto& [algorithm, id, description] : algorithms) {
    std::size_t steps = 0;
    for (std::uint64_t seed = 1; seed <= trials; ++seed, steps += steps_each) {
      std::array<State, testing::Steps::limits> states;
      std::array<bool, testing::Steps::limits> begun{};
      const auto difference = first_difference(algorithm, seed, steps_each,
                                               [&](std::size_t i, const Limit& limit, Ticks now, std::int64_t cost) {
                                                 if (!begun[i]) states[i] = fresh(limit);
                                                 begun[i] = true;
                                                 return check(states[i], limit, now, cost);
                                               });
      INFO(difference);
      REQUIRE(difference.empty());
    }
    std::cout << id << ": " << steps << " steps, 0 differences from the reference model\n";
  }
}

TEST_CASE("retrying at the stated instant succeeds, and one tick earlier fails") {
  constexpr std::size_t steps = 2'000;
  for (const auto& [algorithm, id, description] : algorithms) {
    std::size_t refusals = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      testing::Steps all(algorithm, seed + 1'000);
      std::array<State, testing::Steps::limits> states;
      for (std::size_t i = 0; i < states.size(); ++i)
        states[i] = fresh(all.limit(i));
      for (std::size_t i = 0; i < steps / 10; ++i) {
        const auto step = all.next();
        const Limit& limit = all.limit(step.limit);
        State& state = states[step.limit];
        const Decision decision = check(state, limit, step.now, step.cost);
        all.decided(decision);
        INFO(id << " " << limit.id() << " seed " << seed << " step " << i << " cost " << step.cost);
        if (decision.allowed) {
          CHECK(decision.retry_after == 0);
        } else if (decision.reason == Reason::cost_above_capacity) {
          CHECK(step.cost > limit.burst);
          CHECK(decision.retry_after == Decision::never);
        } else {
          ++refusals;
          REQUIRE(decision.retry_after > 0);
          State early = state;
          REQUIRE_FALSE(check(early, limit, step.now + decision.retry_after - 1, step.cost).allowed);
          State in_time = state;
          REQUIRE(check(in_time, limit, step.now + decision.retry_after, step.cost).allowed);
        }
        if (decision.next_after > 0) {  // there is one more then, and not one tick earlier
          State early = state;
          REQUIRE(check(early, limit, step.now + decision.next_after - 1, 0).remaining == decision.remaining);
          State in_time = state;
          REQUIRE(check(in_time, limit, step.now + decision.next_after, 0).remaining > decision.remaining);
        }
        if (decision.reset_after > 0) {
          State done = state;
          const auto then = check(done, limit, step.now + decision.reset_after, 0);
          CHECK(then.remaining == limit.burst);
          CHECK(then.reset_after == 0);
        }
      }
    }
    CHECK(refusals > 500);
    std::cout << id << ": " << refusals << " refusals, each right about when to come back\n";
  }
}

TEST_CASE("token bucket, leaky bucket and GCRA admit exactly the same") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    common::SeededRandom random(seed);
    const auto most = static_cast<std::int64_t>(1 + random.below(30));
    const auto burst = static_cast<std::int64_t>(1 + random.below(30));
    const auto period = static_cast<Ticks>(1'000 + random.below(1'000'000));
    Key token(limit_of(Algorithm::token_bucket, most, period, burst));
    Key leaky(limit_of(Algorithm::leaky_bucket, most, period, burst));
    Key gcra(limit_of(Algorithm::gcra, most, period, burst));
    Ticks now = noon;
    for (int i = 0; i < 500; ++i) {
      now += static_cast<Ticks>(random.below(static_cast<std::uint64_t>(2 * period / most + 1)));
      const auto cost = static_cast<std::int64_t>(random.below(3));
      const Decision decision = token.check(now, cost);
      REQUIRE(leaky.check(now, cost) == decision);
      REQUIRE(gcra.check(now, cost) == decision);
    }
  }
}

TEST_CASE("a bucket refilled for half its period holds half its tokens") {
  Key key(limit_of(Algorithm::token_bucket, 10, 60 * second));
  CHECK(key.check(noon, 10).remaining == 0);
  CHECK(key.check(noon + 30 * second, 0).remaining == 5);
  CHECK(key.check(noon + 60 * second, 0).remaining == 10);
  CHECK(key.check(noon + 600 * second, 0).remaining == 10);
}

TEST_CASE("five logins a minute: five at once, then one every twelve seconds") {
  for (const Algorithm algorithm : {Algorithm::token_bucket, Algorithm::leaky_bucket, Algorithm::gcra}) {
    Key key(limit_of(algorithm, 5, 60 * second));
    for (int left = 4; left >= 0; --left)
      CHECK(key.check(noon).remaining == left);
    const Decision refused = key.check(noon);
    CHECK_FALSE(refused.allowed);
    CHECK(refused.retry_after == 12 * second);
    CHECK(refused.reset_after == 60 * second);
    CHECK_FALSE(key.check(noon + 12 * second - 1).allowed);
    CHECK(key.check(noon + 12 * second).allowed);
  }
}

TEST_CASE("seven a minute never drift: in 10,000 minutes exactly 70,000 are admitted on top of the burst") {
  for (const Algorithm algorithm : {Algorithm::token_bucket, Algorithm::leaky_bucket, Algorithm::gcra}) {
    Key key(limit_of(algorithm, 7, 60 * second, 1));
    std::int64_t admitted = 0;
    const Ticks end = noon + 10'000 * 60 * second;
    for (Ticks now = noon; now < end;) {  // always at the first instant that is allowed
      const Decision decision = key.check(now);
      admitted += decision.allowed ? 1 : 0;
      now += decision.allowed ? decision.next_after : decision.retry_after;
    }
    CHECK(admitted == 70'000);
  }
}

TEST_CASE("a cost above the capacity is refused for its own reason, and no waiting is promised") {
  for (const auto& [algorithm, id, description] : algorithms) {
    Key key(limit_of(algorithm, 5, second));
    const Decision decision = key.check(noon, 6);
    CHECK_FALSE(decision.allowed);
    CHECK(decision.reason == Reason::cost_above_capacity);
    CHECK(decision.retry_after == Decision::never);
    CHECK(decision.remaining == 5);
    CHECK_FALSE(key.check(noon, count_max).allowed);
    CHECK(key.check(noon, 5).allowed);  // nothing had been taken
  }
}

TEST_CASE("cost 0 peeks: it is always allowed and takes nothing") {
  for (const auto& [algorithm, id, description] : algorithms) {
    Key key(limit_of(algorithm, 2, second));
    CHECK(key.check(noon, 0).remaining == 2);
    key.check(noon, 2);
    const Decision peek = key.check(noon, 0);
    CHECK(peek.allowed);
    CHECK(peek.remaining == 0);
    CHECK(peek.next_after > 0);
    CHECK_FALSE(key.check(noon, 1).allowed);
  }
}

TEST_CASE("a clock that steps back admits nothing more, and locks nobody out for longer than a horizon") {
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    Key key(limit_of(algorithm, 5, 60 * second));
    const Ticks now = noon + 40 * second;  // a border of minutes
    REQUIRE(key.check(now, 5).allowed);
    for (Ticks back = 0; back <= key.limit.horizon; back += second) {  // a little, and to and fro
      REQUIRE_FALSE(key.check(now - back).allowed);
      REQUIRE_FALSE(key.check(now).allowed);
    }
    const Decision behind = key.check(now - 30 * second);
    CHECK(behind.retry_after <= 30 * second + key.limit.horizon);
    CHECK(key.check(now - 30 * second + behind.retry_after).allowed);
  }
}

TEST_CASE("a state from a clock that was days ahead is not believed") {
  for (const auto& [algorithm, id, description] : algorithms) {
    Key key(limit_of(algorithm, 5, 60 * second));
    key.check(noon + 7 * 86'400 * second, 5);
    CHECK(key.check(noon, 5).allowed);
    CHECK_FALSE(key.check(noon).allowed);
  }
}

TEST_CASE("the log forgets: after many periods it holds no more than the last one needs") {
  Key key(limit_of(Algorithm::sliding_window_log, 10, second));
  for (Ticks now = noon; now < noon + 1'000 * second; now += second / 20)
    key.check(now);
  CHECK(std::get<Log>(key.state).size() <= 21);
}
