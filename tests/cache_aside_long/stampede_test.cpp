// The herd in full: two processes, 5,000 reads at each. In small: tests/cache_aside_services/stampede_test.cpp.

#include "tests/support/catch.h"
#include "tests/support/herd.h"
#include "tests/support/postgres_support.h"

using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("a herd of 2 x 5,000 on one key costs one query a process, or one in all") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  settle(redis);
  const auto none = stampede("none", schema->url(), redis.url(), 5000, 200ms);  // printed, beside the others
  CHECK(none.queries > 5000);
  for (const std::string policy : {"single_flight", "distributed_lock"}) {
    const auto herd = stampede(policy, schema->url(), redis.url(), 5000, 200ms);
    CHECK(herd.answered == 10'000);
    CHECK(herd.queries == (policy == "single_flight" ? 2 : 1));
  }
}
