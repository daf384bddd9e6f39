// Two processes, one key that nobody has, a slow query, and everybody at once. In full:
// tests/cache_aside_long/stampede_test.cpp.

#include "tests/support/catch.h"
#include "tests/support/herd.h"
#include "tests/support/postgres_support.h"
#include "tests/support/size.h"

using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("a herd on one key costs about a query a read, one a process, or one in all") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  settle(redis);
  const std::size_t each = sanitized ? 100 : 500;
  const auto delay = 200ms;
  const auto bound = 1s * slowness;  // not a measurement: that nobody waits for a second load. Printed is what it took

  // About a query a read: all but those that come after the first load has ended. A longer query, so that a busy
  // machine can ask them all in time.
  const auto none = stampede("none", schema->url(), redis.url(), each, 1s);
  CHECK(none.answered == 2 * each);
  CHECK(none.queries > 2 * each * 9 / 10);
  CHECK(none.queries <= 2 * each);

  const auto flight = stampede("single_flight", schema->url(), redis.url(), each, delay);
  CHECK(flight.answered == 2 * each);
  CHECK(flight.queries == 2);
  CHECK(flight.last < delay + bound);

  const auto lock = stampede("distributed_lock", schema->url(), redis.url(), each, delay);
  CHECK(lock.answered == 2 * each);
  CHECK(lock.queries == 1);
  CHECK(lock.last < delay + bound);
}
