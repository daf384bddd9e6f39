// What every store of follows promises (cache_aside/follow_store.h).

#include "tests/cache_aside/stores_under_test.h"

using namespace cache_aside;
using namespace std::chrono_literals;

TEST_CASE("following twice is following once, and unfollowing whom one does not follow changes nothing") {
  FOR_EACH_STORE(stores);
  auto& follows = stores.follows();
  const User a = new_user(stores);
  const User b = new_user(stores);
  CHECK_FALSE(stores.run(follows.follow(a.id, b.id + 1'000'000, 10, noon)).there);
  CHECK(stores.run(follows.unfollow(a.id, b.id, noon)).there);
  const auto followed = stores.run(follows.follow(a.id, b.id, 10, noon));
  CHECK(followed.there);
  CHECK(stores.run(follows.follow(a.id, b.id, 10, noon)).note == 0);
  CHECK(stores.run(follows.fame(b.id)).followers == 1);
  CHECK(stores.run(follows.followers(b.id, 0, 10)) == std::vector<std::uint64_t>{a.id});
  CHECK(stores.run(follows.followees(a.id)).size() == 1);
  const auto unfollowed = stores.run(follows.unfollow(a.id, b.id, noon));
  CHECK(unfollowed.there);
  CHECK(stores.run(follows.fame(b.id)).followers == 0);
  CHECK(stores.run(follows.followees(a.id)).empty());
  const auto pending = stores.run(stores.log().pending(noon + 1s, 10));
  REQUIRE(pending.size() == 2);
  CHECK(pending[0].id == followed.note);
  CHECK(pending[1].id == unfollowed.note);
}

TEST_CASE("who reaches so many followers is a celebrity from then on, even when some leave") {
  FOR_EACH_STORE(stores);
  auto& follows = stores.follows();
  const User star = new_user(stores);
  std::vector<std::uint64_t> fans;
  for (int i = 0; i < 3; ++i) {
    fans.push_back(new_user(stores).id);
    CHECK(stores.run(follows.follow(fans.back(), star.id, 2, noon + i * 1s)).there);
  }
  const Fame fame = stores.run(follows.fame(star.id));
  CHECK(fame.followers == 3);
  CHECK(fame.celebrity_since == noon + 1s);
  CHECK(stores.run(follows.followees(fans[0]))[0].celebrity);
  CHECK(stores.run(follows.followers(star.id, fans[0], 1)) == std::vector<std::uint64_t>{fans[1]});
  CHECK(stores.run(follows.unfollow(fans[0], star.id, noon)).there);
  CHECK(stores.run(follows.unfollow(fans[1], star.id, noon)).there);
  CHECK(stores.run(follows.fame(star.id)).celebrity_since == noon + 1s);
}
