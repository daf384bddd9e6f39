// What every store of posts promises (cache_aside/post_store.h).

#include "tests/cache_aside/stores_under_test.h"

using namespace cache_aside;
using namespace std::chrono_literals;

TEST_CASE("a post's life: created for an author who is there, edited by version, deleted, each noted") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores);
  const auto orphan =
      stores.run(stores.posts().create({0, ada.id + 5, "x", noon, 1}, std::nullopt, Change{true, noon}));
  CHECK(std::holds_alternative<NoSuchUser>(orphan));
  const Post post = new_post(stores, ada.id, "first \xF0\x9F\x98\x80");
  CHECK(stores.run(stores.posts().find(post.id, 0)) == post);
  const auto edited = stores.run(stores.posts().edit(post.id, "second", 1, {true, noon}));
  CHECK(std::get<Stored<Post>>(edited).row.text == "second");
  CHECK(std::get<VersionMismatch>(stores.run(stores.posts().edit(post.id, "x", 1, {true, noon}))).current == 2);
  CHECK(std::get<VersionMismatch>(stores.run(stores.posts().remove(post.id, 1, {true, noon}))).current == 2);
  CHECK(std::get<Stored<Post>>(stores.run(stores.posts().remove(post.id, 2, {true, noon}))).row.version == 3);
  CHECK(std::holds_alternative<NotFound>(stores.run(stores.posts().remove(post.id, 2, {true, noon}))));
  CHECK_FALSE(stores.run(stores.posts().find(post.id, 0)));
  const auto pending = stores.run(stores.log().pending(noon + 1s, 10));
  REQUIRE(pending.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(pending[i].key == "post:" + std::to_string(post.id));
    CHECK(pending[i].version == i + 1);
  }
}

TEST_CASE("the newest posts of several authors come in order, below a bound, as many as asked for") {
  FOR_EACH_STORE(stores);
  const User a = new_user(stores);
  const User b = new_user(stores);
  const User c = new_user(stores);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(new_post(stores, i % 2 == 0 ? a.id : b.id).id);
  new_post(stores, c.id);
  const auto newest = [&](std::vector<std::uint64_t> authors, std::uint64_t below, std::size_t limit) {
    return stores.run(stores.posts().newest(std::move(authors), below, limit));
  };
  CHECK(newest({a.id, b.id}, UINT64_MAX, 4) == std::vector<std::uint64_t>{ids[5], ids[4], ids[3], ids[2]});
  CHECK(newest({a.id, b.id}, ids[2], 4) == std::vector<std::uint64_t>{ids[1], ids[0]});
  CHECK(newest({a.id}, UINT64_MAX, 10) == std::vector<std::uint64_t>{ids[4], ids[2], ids[0]});
  CHECK(newest({}, UINT64_MAX, 10).empty());
  CHECK(stores.run(stores.posts().last_id()) == ids[5] + 1);
}
