// Live staleness, small: two processes, a real Redis that is killed again and again, a real PostgreSQL. In full:
// tests/cache_aside_long/staleness_test.cpp.

#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/staleness_run.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

// The window of the race is a load's length: a slower one widens it.
const std::vector<std::string> slow_loads{"--store-delay", "3ms", "--stampede", "none"};

}  // namespace

TEST_CASE(
    "no read shows what an acknowledged write has overwritten, under lease and versioned, while Redis is killed") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    for (const std::vector<std::string>& flags : {slow_loads, std::vector<std::string>{}}) {
      StalenessRun run{policy, schema->url()};
      run.flags = flags;
      run.time = 12s;
      run.kill_every = 6s;  // for three of them Redis settles
      const auto seen = watch_staleness(run, redis);
      INFO(policy);
      CHECK(seen.stale == 0);
      CHECK(seen.failed == 0);
      CHECK(seen.reads > 1000);
      CHECK(seen.hits > 0);
      CHECK(seen.kills > 0);
    }
  }
}

TEST_CASE("with a local tier before Redis no read is older than the channel's bound, while Redis is killed") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    StalenessRun run{policy, schema->url()};
    run.cache = "local+" + redis.url();
    run.bound = 2s;  // InvalidationChannelRedis::seen_within
    run.time = 12s;
    run.kill_every = 6s;
    const auto seen = watch_staleness(run, redis);
    INFO(policy);
    CHECK(seen.stale == 0);
    CHECK(seen.failed == 0);
    CHECK(seen.hits > 0);
    CHECK(seen.kills > 0);
  }
}

TEST_CASE("one process with its own cache shows nothing that was overwritten, however the loads are shared") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    for (const std::string stampede : {"single_flight", "stale_while_revalidate"}) {
      StalenessRun run{policy, schema->url()};
      run.cache = "local";
      run.processes = 1;
      run.flags = {"--store-delay", "3ms", "--stampede", stampede};
      run.time = 4s;
      const auto seen = watch_staleness(run, redis);
      INFO(policy << " " << stampede);
      CHECK(seen.stale == 0);
      CHECK(seen.failed == 0);
      CHECK(seen.hits > 0);
    }
  }
}

TEST_CASE("the naive policy is caught") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  StalenessRun run{"delete_after_commit", schema->url()};
  run.flags = slow_loads;
  run.time = 12s;  // Redis is not asked for the first three seconds after its start
  CHECK(watch_staleness(run, redis).stale > 0);
}
