// The Lua twins in an embedded Lua 5.1, against the exact reference model.

#include <iostream>

#include "tests/rate_limiter/lua_redis.h"
#include "tests/rate_limiter/steps.h"
#include "tests/support/catch.h"
#include "tests/support/size.h"

using namespace rate_limiter;

TEST_CASE("the Lua twins decide as their definition does, whatever is asked and when") {
  constexpr std::size_t steps_each = 250;
  const std::uint64_t trials = testing::sanitized ? 5 : 20;
  for (const auto& [algorithm, id, description] : algorithms) {
    const std::string script = check_script(algorithm);
    for (std::uint64_t seed = 1; seed <= trials; ++seed) {
      testing::LuaRedis redis;
      const auto difference = testing::first_difference(
          algorithm, seed, steps_each, [&](std::size_t i, const Limit& limit, Ticks now, std::int64_t cost) {
            const RuleLimit named("rule-" + std::to_string(i), limit);
            const Check check{&named, "key", cost};
            Decision decision;
            const auto reply = redis.run(script, check_call({&check, 1}, std::to_string(now)));
            read_decisions(reply, {&check, 1}, {&decision, 1}).value();
            return decision;
          });
      INFO(difference);
      REQUIRE(difference.empty());
    }
    std::cout << id << ".lua: " << trials * steps_each << " steps, 0 differences from the reference model\n";
  }
}

TEST_CASE("the script of all algorithms decides as the script of one does") {
  testing::LuaRedis one;
  testing::LuaRedis all;
  for (const auto& [algorithm, id, description] : algorithms) {
    testing::Steps steps(algorithm, 99);
    for (int i = 0; i < 200; ++i) {
      const auto step = steps.next();
      const RuleLimit named("rule-" + std::to_string(step.limit), steps.limit(step.limit));
      const Check check{&named, "key", step.cost};
      const auto call = check_call({&check, 1}, std::to_string(step.now));
      Decision by_one;
      Decision by_all;
      read_decisions(one.run(check_script(algorithm), call), {&check, 1}, {&by_one, 1}).value();
      read_decisions(all.run(check_script_of_all(), call), {&check, 1}, {&by_all, 1}).value();
      REQUIRE(by_one == by_all);
      steps.decided(by_one);
    }
  }
}

TEST_CASE("with `most` a check takes as many as there are") {
  testing::LuaRedis redis;
  const RuleLimit limit("rule", std::get<Limit>(make_limit(Algorithm::gcra, 10, 3'600 * ticks_per_second)));
  const auto take = [&](std::int64_t cost, std::int64_t most) {
    const Check check{&limit, "key", cost};
    Decision decision;
    std::int64_t taken = -1;
    const auto reply = redis.run(check_script(Algorithm::gcra), check_call({&check, 1}, "1750000000000000", most));
    read_decisions(reply, {&check, 1}, {&decision, 1}, &taken).value();
    return std::pair(decision.allowed, taken);
  };
  CHECK(take(1, 6) == std::pair<bool, std::int64_t>(true, 6));
  CHECK(take(5, 6) == std::pair<bool, std::int64_t>(false, 0));
  CHECK(take(1, 6) == std::pair<bool, std::int64_t>(true, 4));
  CHECK(take(1, 6) == std::pair<bool, std::int64_t>(false, 0));
}

TEST_CASE("a key's text stands in Redis up to 64 bytes, and nothing longer does") {
  const RuleLimit limit("login", std::get<Limit>(make_limit(Algorithm::gcra, 5, ticks_per_second)));
  const auto name = [&](const std::string& key) { return redis_key({&limit, key}); };
  CHECK(name(std::string(64, 'x')).find(std::string(64, 'x')) != std::string::npos);
  const std::string longer(65, 'x');
  CHECK(name(longer).find("xx") == std::string::npos);
  CHECK(name(std::string(1'024, '}')).size() == name(longer).size());
  CHECK(name(longer) != name(longer + "x"));
  CHECK(name(longer) != name(name(longer).substr(14, 65)));  // its own name is another key
}
