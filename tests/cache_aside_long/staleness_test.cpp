// Live staleness in full: ten million checked operations for each protecting policy, Redis killed every 30 seconds.

#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/staleness_run.h"

using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("ten million operations, Redis killed every 30 seconds: no stale read under lease and versioned") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    StalenessRun run{policy, schema->url()};
    run.time = 45min;  // a bound: ten million operations are the aim
    run.operations_max = 10'000'000;
    run.kill_every = 30s;
    run.keys = 200;
    run.clients = 32;
    run.write_every = 50;
    const auto seen = watch_staleness(run, redis);
    INFO(policy);
    CHECK(seen.stale == 0);
    CHECK(seen.failed == 0);
    CHECK(seen.hits > 0);
    CHECK(seen.kills > 0);
    CHECK(seen.reads + seen.writes > 9'900'000);
  }
}
