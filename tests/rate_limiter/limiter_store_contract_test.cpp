// What every store promises (limiter_store.h), on each of them.

#include "rate_limiter/limiter_store.h"

#include <array>
#include <atomic>
#include <set>

#include "rate_limiter/limiter_store_borrow_redis.h"
#include "tests/rate_limiter/steps.h"
#include "tests/rate_limiter/stores_under_test.h"

using namespace rate_limiter;
using namespace std::chrono_literals;
using common::Task;
using testing::decide;
using testing::rule_limit;
using testing::run_task;

namespace {

constexpr Ticks second = ticks_per_second;

// Several checks in one call.
template <std::size_t N>
std::array<Decision, N> decide_together(LimiterStore& store, const std::array<Check, N>& checks) {
  std::array<Decision, N> decisions;
  const auto outcome = run_task(testing::ask(store, checks, decisions));
  if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
  return decisions;
}

Task<> take_one_by_one(LimiterStore& store, const RuleLimit& limit, int times, std::atomic<int>& admitted) {
  for (int i = 0; i < times; ++i) {
    const Check check{&limit, "shared", 1};
    Decision decision;
    const auto outcome = co_await testing::ask(store, {&check, 1}, {&decision, 1});
    if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
    admitted += decision.allowed ? 1 : 0;
  }
}

// Takes 1 of each of two keys, in one order or the other.
Task<> take_pairs(LimiterStore& store, const RuleLimit& limit, bool turned, std::atomic<int>& admitted) {
  for (int i = 0; i < 100; ++i) {
    const std::array<Check, 2> checks{Check{&limit, turned ? "b" : "a", 1}, Check{&limit, turned ? "a" : "b", 1}};
    std::array<Decision, 2> decisions;
    const auto outcome = co_await testing::ask(store, checks, decisions);
    if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
    admitted += decisions[0].allowed && decisions[1].allowed ? 1 : 0;
  }
}

}  // namespace

TEST_CASE("a store decides as the algorithm alone does, step by step") {
  FOR_EACH_KIND(stores);
  if (kind == "borrow") return;  // limiter_store_borrow_test.cpp says how it may differ
  for (const auto& [algorithm, id, description] : algorithms) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      testing::Steps steps(algorithm, seed);
      std::array<State, testing::Steps::limits> states;
      std::vector<RuleLimit> limits;
      for (std::size_t i = 0; i < testing::Steps::limits; ++i) {
        states[i] = fresh(steps.limit(i));
        limits.emplace_back(testing::unique_name("steps"), steps.limit(i));
      }
      for (int i = 0; i < 200; ++i) {
        const auto step = steps.next();
        stores.clock().advance(std::chrono::microseconds{step.now - ticks_of(stores.clock().now())});
        const Decision expected = check(states[step.limit], steps.limit(step.limit), step.now, step.cost);
        const Decision found = decide(i % 2 ? stores.one() : stores.two(), limits[step.limit], "key", step.cost);
        INFO(id << " seed " << seed << " step " << i << "\n  expected " << testing::to_text(expected) << "\n  found    "
                << testing::to_text(found));
        REQUIRE(found == expected);
        steps.decided(found);
      }
    }
  }
}

TEST_CASE("two processes share one budget") {
  FOR_EACH_KIND(stores);
  for (const auto& [algorithm, id, description] : algorithms) {
    const auto limit = rule_limit(algorithm, 3, 60 * second);
    CHECK(decide(stores.one(), limit, "alice").remaining == 2);
    CHECK(decide(stores.two(), limit, "alice").remaining == 1);
    CHECK(decide(stores.one(), limit, "alice").remaining == 0);
    const auto refused = decide(stores.two(), limit, "alice");
    CHECK_FALSE(refused.allowed);
    stores.clock().advance(std::chrono::microseconds{refused.retry_after - 1});
    CHECK_FALSE(decide(stores.one(), limit, "alice").allowed);
    stores.clock().advance(1us);
    CHECK(decide(stores.one(), limit, "alice").allowed);
  }
}

TEST_CASE("of checks in one call all are taken, or none") {
  FOR_EACH_KIND(stores);
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    const auto tight = rule_limit(algorithm, 1, 60 * second);
    const auto wide = rule_limit(Algorithm::gcra, 5, 60 * second);
    const std::array<Check, 2> both{Check{&wide, "alice", 2}, Check{&tight, "alice", 1}};
    auto decisions = decide_together(stores.one(), both);
    CHECK(decisions[0].allowed);
    CHECK(decisions[1].allowed);
    CHECK(decisions[0].remaining == 3);

    decisions = decide_together(stores.two(), both);
    CHECK(decisions[0].allowed);  // it would have been
    CHECK(decisions[0].remaining == 3);
    CHECK_FALSE(decisions[1].allowed);
    CHECK(decisions[1].retry_after > 0);
    CHECK(decide(stores.one(), wide, "alice", 0).remaining == 3);
    CHECK(decide(stores.one(), tight, "alice", 0).remaining == 0);
  }
}

TEST_CASE("a check in shadow mode is refused for itself alone") {
  FOR_EACH_KIND(stores);
  const auto shadow = rule_limit(Algorithm::token_bucket, 1, 60 * second);
  const auto real = rule_limit(Algorithm::sliding_window_log, 3, 60 * second);
  const std::array<Check, 2> both{Check{&shadow, "alice", 1, false}, Check{&real, "alice", 1, true}};
  CHECK(decide_together(stores.one(), both)[0].allowed);
  const auto decisions = decide_together(stores.one(), both);
  CHECK_FALSE(decisions[0].allowed);
  CHECK(decisions[1].allowed);
  CHECK(decisions[1].remaining == 1);
  CHECK(decide(stores.one(), real, "alice", 0).remaining == 1);
}

TEST_CASE("keys, rules and a rule's numbers are kept apart") {
  FOR_EACH_KIND(stores);
  const auto one = rule_limit(Algorithm::token_bucket, 1, 60 * second);
  const auto two = rule_limit(Algorithm::token_bucket, 1, 60 * second);
  const RuleLimit changed(one.name.substr(0, one.name.find(':')),
                          std::get<Limit>(make_limit(Algorithm::token_bucket, 2, 60 * second)));
  const std::string longest(key_bytes_max, 'x');
  const std::set<std::string> keys{"a",
                                   "A",
                                   "a ",
                                   "{a}",
                                   "}",
                                   "{",
                                   "{}a",
                                   "%7Da",
                                   std::string("a\0b", 3),
                                   "a\n",
                                   "a:b",
                                   "\xff",
                                   "%",
                                   "%25",
                                   longest,
                                   longest.substr(1)};
  for (const auto& key : keys) {
    INFO(key);
    CHECK(decide(stores.one(), one, key).allowed);
    CHECK_FALSE(decide(stores.two(), one, key).allowed);
    CHECK(decide(stores.two(), two, key).allowed);
    CHECK(decide(stores.two(), changed, key, 2).allowed);
  }
}

TEST_CASE("what a look shows is the algorithm's own state, and forgetting starts the key anew") {
  FOR_EACH_KIND(stores);
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    const auto limit = rule_limit(algorithm, 7, 60 * second);
    State state = fresh(limit.limit);
    for (const std::int64_t cost : {2, 3}) {
      decide(stores.one(), limit, "alice", cost);
      check(state, limit.limit, ticks_of(stores.clock().now()), cost);
      stores.clock().advance(5s);
    }
    const Check about{&limit, "alice", 1};
    const auto snapshot = run_task(stores.two().look(about));
    REQUIRE(snapshot.has_value());
    CHECK(snapshot->now == ticks_of(stores.clock().now()));
    State seen = snapshot->state;
    CHECK(check(seen, limit.limit, snapshot->now, 1) == check(state, limit.limit, snapshot->now, 1));
    CHECK(decide(stores.one(), limit, "alice", 0).remaining < 7);
    REQUIRE(run_task(stores.two().forget(about)).has_value());
    CHECK(decide(stores.one(), limit, "alice", 0).remaining == 7);
    CHECK(run_task(stores.one().look(Check{&limit, "nobody", 1})).has_value());
  }
}

TEST_CASE("from however many threads, exactly the limit is admitted") {
  FOR_EACH_KIND(stores);
  if (kind == "lua") return;  // one thread
  for (const auto& [algorithm, id, description] : algorithms) {
    const auto limit = rule_limit(algorithm, 100, 24 * 3'600 * second);
    std::atomic<int> admitted = 0;
    testing::run_on_threads(
        4, [&](std::size_t i) { return take_one_by_one(i % 2 ? stores.one() : stores.two(), limit, 200, admitted); });
    INFO(id);
    CHECK(admitted == 100);
  }
}

TEST_CASE("calls that name two keys in opposite orders neither wait for each other nor take half") {
  FOR_EACH_KIND(stores);
  if (kind == "lua") return;  // one thread
  const auto limit = rule_limit(Algorithm::gcra, 50, 24 * 3'600 * second);
  std::atomic<int> admitted = 0;
  testing::run_on_threads(4, [&](std::size_t i) { return take_pairs(stores.one(), limit, i % 2 == 1, admitted); });
  CHECK(admitted == 50);
  CHECK(decide(stores.one(), limit, "a", 0).remaining == 0);
  CHECK(decide(stores.one(), limit, "b", 0).remaining == 0);
}
