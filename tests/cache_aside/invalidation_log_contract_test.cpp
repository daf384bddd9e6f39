// What every invalidation log promises (cache_aside/invalidation_log.h).

#include "tests/cache_aside/stores_under_test.h"

using namespace cache_aside;
using namespace std::chrono_literals;

TEST_CASE("what is settled is no longer pending, stays readable for a while, and is forgotten then") {
  FOR_EACH_STORE(stores);
  auto& log = stores.log();
  const User ada = new_user(stores, "Ada", true);
  for (std::uint64_t version = 1; version < 4; ++version) {
    stores.run(stores.users().edit(ada.id, {"x", std::nullopt}, version,
                                   {true, noon + std::chrono::seconds(static_cast<long>(version))}));
  }
  const auto pending = stores.run(log.pending(noon + 10s, 10));
  REQUIRE(pending.size() == 4);
  CHECK(stores.run(log.pending(noon + 2s, 10)).size() == 2);
  CHECK(stores.run(log.pending(noon + 10s, 3)).size() == 3);
  testing::expect(testing::run_task(log.settle({pending[0].id, pending[2].id})));
  CHECK(stores.run(log.pending(noon + 10s, 10)).size() == 2);
  CHECK(stores.run(log.since(0, 10)).size() == 4);
  CHECK(stores.run(log.since(pending[1].id, 10)).size() == 2);
  CHECK(stores.run(log.forget(noon + 10s, 1)) == 1);
  CHECK(stores.run(log.since(0, 10)).size() == 3);
  CHECK(stores.run(log.forget(noon + 10s, 10)) == 1);
  CHECK(stores.run(log.since(0, 10)).size() == 2);
  CHECK(stores.run(log.pending(noon + 10s, 10)).size() == 2);
}

TEST_CASE("what somebody is at is not pending for a while, unless it is settled") {
  FOR_EACH_STORE(stores);
  auto& log = stores.log();
  const User ada = new_user(stores, "Ada", true);
  new_post(stores, ada.id);
  const auto pending = stores.run(log.pending(noon + 1s, 10));
  REQUIRE(pending.size() == 2);
  testing::expect(testing::run_task(log.settle({pending[0].id})));
  testing::expect(testing::run_task(log.postpone({pending[0].id, pending[1].id}, noon + 10s)));
  CHECK(stores.run(log.pending(noon + 10s, 10)).empty());
  CHECK(stores.run(log.pending(noon + 11s, 10)).size() == 1);
  CHECK(stores.run(log.forget(noon + 1s, 10)) == 1);  // the settled one is as old as it was
}
