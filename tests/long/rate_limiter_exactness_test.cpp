// The full sizes of what tests/rate_limiter shows in small: steps against the exact reference model.

#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>

#include "tests/rate_limiter/lua_redis.h"
#include "tests/rate_limiter/steps.h"
#include "tests/rate_limiter/stores_under_test.h"
#include "tests/support/catch.h"

using namespace rate_limiter;
using namespace testing;

namespace {

constexpr std::size_t steps_each = 400;

// Runs trials from all cores until `steps` have been taken; the first difference, or nothing.
template <class Trial>
std::string run_trials(std::size_t steps, Trial trial) {
  std::atomic<std::uint64_t> next_seed = 1;
  std::mutex mutex;
  std::string difference;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t seed = next_seed++; seed <= (steps + steps_each - 1) / steps_each; seed = next_seed++) {
        auto found = trial(seed);
        if (found.empty()) continue;
        const std::lock_guard lock(mutex);
        difference = std::move(found);
        return;
      }
    });
  }
  for (auto& each : threads)
    each.join();
  return difference;
}

Decision by_lua(LuaRedis& redis, const std::string& script, std::size_t i, const Limit& limit, Ticks now,
                std::int64_t cost) {
  const RuleLimit named("rule-" + std::to_string(i), limit);
  const Check check{&named, "key", cost};
  Decision decision;
  const auto reply = redis.run(script, check_call({&check, 1}, std::to_string(now)));
  read_decisions(reply, {&check, 1}, {&decision, 1}).value();
  return decision;
}

}  // namespace

TEST_CASE("in 100 million steps the C++ forms never differ from the reference model") {
  constexpr std::size_t steps = 100'000'000;
  for (const auto& [algorithm, id, description] : algorithms) {
    const std::string difference = run_trials(steps / algorithms.size() + 1, [&, kind = algorithm](std::uint64_t seed) {
      std::array<State, Steps::limits> states;
      std::array<bool, Steps::limits> begun{};
      return first_difference(kind, seed + 1'000'000, steps_each,
                              [&](std::size_t i, const Limit& limit, Ticks now, std::int64_t cost) {
                                if (!begun[i]) states[i] = fresh(limit);
                                begun[i] = true;
                                return check(states[i], limit, now, cost);
                              });
    });
    INFO(difference);
    REQUIRE(difference.empty());
    std::cout << id << ": " << steps / algorithms.size() + 1 << " steps, 0 differences from the reference model\n";
  }
}

TEST_CASE("in 10 million steps the Lua twins never differ from the reference model") {
  constexpr std::size_t steps = 10'000'000;
  for (const auto& [algorithm, id, description] : algorithms) {
    const std::string script = check_script(algorithm);
    const std::string difference = run_trials(steps / algorithms.size() + 1, [&, kind = algorithm](std::uint64_t seed) {
      LuaRedis redis;
      return first_difference(kind, seed + 2'000'000, steps_each,
                              [&](std::size_t i, const Limit& limit, Ticks now, std::int64_t cost) {
                                return by_lua(redis, script, i, limit, now, cost);
                              });
    });
    INFO(difference);
    REQUIRE(difference.empty());
    std::cout << id << ".lua: " << steps / algorithms.size() + 1 << " steps, 0 differences from the reference model\n";
  }
}

TEST_CASE("in 100,000 steps through a real Redis nothing differs from the reference model") {
  if (!redis_service()) return;
  constexpr std::size_t steps = 100'000;
  LimiterStores stores("redis");
  for (const auto& [algorithm, id, description] : algorithms) {
    std::size_t taken = 0;
    for (std::uint64_t seed = 1; taken < steps / algorithms.size() + 1; ++seed, taken += steps_each) {
      const std::string name = unique_name("steps");
      const auto difference =
          first_difference(algorithm, seed + 3'000'000, steps_each,
                           [&](std::size_t i, const Limit& limit, Ticks now, std::int64_t cost) {
                             const RuleLimit named(name + std::to_string(i), limit);
                             stores.clock().advance(std::chrono::microseconds{now - ticks_of(stores.clock().now())});
                             return decide(stores.one(), named, "key", cost);
                           });
      INFO(difference);
      REQUIRE(difference.empty());
    }
    std::cout << id << " through Redis: " << taken << " steps, 0 differences from the reference model\n";
  }
}
