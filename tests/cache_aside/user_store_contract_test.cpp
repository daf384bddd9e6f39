// What every store of users promises (cache_aside/user_store.h).

#include "tests/cache_aside/stores_under_test.h"

using namespace cache_aside;
using namespace std::chrono_literals;

namespace {

Keep<User> keep_with(const std::string& key, const std::string& hash) {
  return {"me POST /users", key, hash, [key, hash](const User& user) {
            return IdempotentAnswer{"me POST /users", key, hash, 201, "ETag: \"1\"\r\n", to_json(user)};
          }};
}

}  // namespace

TEST_CASE("a user that was created is found, with version 1 and an id above all before") {
  FOR_EACH_STORE(stores);
  CHECK(stores.run(stores.users().last_id()) == 0);
  const User ada = new_user(stores, "Ada");
  const User bob = new_user(stores, "Bob \"O'Neill\" \xC3\xBC");
  CHECK(bob.id > ada.id);
  CHECK(stores.run(stores.users().find(bob.id, 0)) == bob);
  CHECK(bob.version == 1);
  CHECK_FALSE(stores.run(stores.users().find(bob.id + 1, 0)));
  CHECK(stores.run(stores.users().last_id()) == bob.id);
}

TEST_CASE("a change names the version it is based on; of two of one version one is made") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores);
  const auto edit = [&](std::string name, std::optional<std::uint64_t> version) {
    return stores.run(stores.users().edit(ada.id, {std::move(name), std::nullopt}, version, {false, noon}));
  };
  const auto first = edit("Ada L.", 1);
  CHECK(std::get<Stored<User>>(first).row == User{ada.id, "Ada L.", ada.email, 2});
  CHECK(std::get<Stored<User>>(first).note == 0);
  const auto second = edit("Lady A.", 1);
  CHECK(std::get<VersionMismatch>(second).current == 2);
  CHECK(std::get<Stored<User>>(edit("anybody's", std::nullopt)).row.version == 3);
  CHECK(std::holds_alternative<NotFound>(
      stores.run(stores.users().edit(ada.id + 9, {"x", std::nullopt}, 1, {false, noon}))));
  CHECK(stores.run(stores.users().find(ada.id, 0))->name == "anybody's");
}

TEST_CASE("a change leaves its invalidation row, if asked to, and a refused one none") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores, "Ada", true);
  const std::string key = "user:" + std::to_string(ada.id);
  const auto edited = stores.run(stores.users().edit(ada.id, {"A", std::nullopt}, 1, {true, noon}));
  const auto refused = stores.run(stores.users().edit(ada.id, {"B", std::nullopt}, 1, {true, noon}));
  CHECK(std::holds_alternative<VersionMismatch>(refused));
  const auto removed = stores.run(stores.users().remove(ada.id, 2, {true, noon}));
  const auto pending = stores.run(stores.log().pending(noon + 1s, 10));
  REQUIRE(pending.size() == 3);
  CHECK(pending[0].version == 1);
  CHECK(pending[1].version == 2);
  CHECK(pending[1].id == std::get<Stored<User>>(edited).note);
  CHECK(pending[2].version == 3);
  CHECK(pending[2].id == std::get<Stored<User>>(removed).note);
  for (const auto& each : pending)
    CHECK(each.key == key);
}

TEST_CASE("a removed user is gone with its posts and follows, and its id is never used again") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores);
  const User bob = new_user(stores);
  const Post post = new_post(stores, bob.id);
  CHECK(stores.run(stores.follows().follow(ada.id, bob.id, 1, noon)).there);
  CHECK(stores.run(stores.follows().follow(bob.id, ada.id, 10, noon)).there);
  CHECK(std::holds_alternative<VersionMismatch>(stores.run(stores.users().remove(bob.id, 7, {false, noon}))));
  CHECK(std::get<Stored<User>>(stores.run(stores.users().remove(bob.id, 1, {false, noon}))).row.version == 2);
  CHECK(std::holds_alternative<NotFound>(stores.run(stores.users().remove(bob.id, std::nullopt, {false, noon}))));
  CHECK_FALSE(stores.run(stores.users().find(bob.id, 0)));
  CHECK_FALSE(stores.run(stores.posts().find(post.id, 0)));
  CHECK(stores.run(stores.follows().followees(ada.id)).empty());
  CHECK(stores.run(stores.follows().fame(ada.id)).followers == 0);
  CHECK(new_user(stores).id > bob.id);
  bool post_noted = false;
  for (const auto& each : stores.run(stores.log().pending(noon + 1s, 100)))
    post_noted = post_noted || (each.key == "post:" + std::to_string(post.id) && each.version == 2);
  CHECK(post_noted);
}

TEST_CASE("many who edit one version at the same time: one edit is made, and none is lost") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores);
  int made = 0;
  std::vector<common::Task<>> racers;
  const auto race = [&](int number) -> common::Task<> {
    UserEdit edit;
    edit.name = std::to_string(number);
    const Change change{false, noon};
    const auto outcome = co_await stores.users().edit(ada.id, edit, 1, change);
    made += outcome.has_value() && std::holds_alternative<Stored<User>>(*outcome) ? 1 : 0;
  };
  for (int i = 0; i < 20; ++i)
    racers.push_back(race(i));
  testing::run_tasks(std::move(racers));
  CHECK(made == 1);
  CHECK(stores.run(stores.users().find(ada.id, 0))->version == 2);
}

TEST_CASE("a queued change is versioned at once, and found when it has been made") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores);
  const auto enqueue = [&](std::string name, std::optional<std::uint64_t> version) {
    return stores.run(stores.users().enqueue(ada.id, {std::move(name), std::nullopt}, version));
  };
  CHECK(std::get<Stored<User>>(enqueue("one", 1)).row.version == 2);
  CHECK(std::get<VersionMismatch>(enqueue("late", 1)).current == 2);
  CHECK(std::get<Stored<User>>(enqueue("two", 2)).row == User{ada.id, "two", ada.email, 3});
  CHECK(std::holds_alternative<NotFound>(stores.run(stores.users().enqueue(ada.id + 5, {"x", std::nullopt}, 1))));
  CHECK(stores.run(stores.users().find(ada.id, 0))->version == 1);
  CHECK(stores.run(stores.users().work_off(10)) == 1);
  CHECK(stores.run(stores.users().find(ada.id, 0)) == User{ada.id, "two", ada.email, 3});
  CHECK(stores.run(stores.users().work_off(10)) == 0);
}

TEST_CASE("a change by edit() or remove() is made after those that are queued, and takes them with it") {
  FOR_EACH_STORE(stores);
  const User ada = new_user(stores);
  const auto enqueue = [&](std::string name, std::uint64_t version) {
    return stores.run(stores.users().enqueue(ada.id, {std::move(name), std::nullopt}, version));
  };
  const auto edit = [&](UserEdit change, std::optional<std::uint64_t> version) {
    return stores.run(stores.users().edit(ada.id, std::move(change), version, {false, noon}));
  };
  CHECK(std::get<Stored<User>>(enqueue("queued", 1)).row.version == 2);
  CHECK(std::get<VersionMismatch>(edit({"late", std::nullopt}, 1)).current == 2);
  const User both{ada.id, "queued", "new@example.com", 3};
  CHECK(std::get<Stored<User>>(edit({std::nullopt, "new@example.com"}, 2)).row == both);
  CHECK(stores.run(stores.users().work_off(10)) == 0);
  CHECK(stores.run(stores.users().find(ada.id, 0)) == both);
  CHECK(std::get<Stored<User>>(enqueue("again", 3)).row.version == 4);
  CHECK(std::get<Stored<User>>(edit({std::nullopt, "last@example.com"}, std::nullopt)).row ==
        User{ada.id, "again", "last@example.com", 5});
  CHECK(std::get<Stored<User>>(enqueue("never", 5)).row.version == 6);
  CHECK(std::get<Stored<User>>(stores.run(stores.users().remove(ada.id, 6, {false, noon}))).row.version == 7);
  CHECK(stores.run(stores.users().work_off(10)) == 0);
}

TEST_CASE("a creation with an idempotency key happens once, and its answer is kept") {
  FOR_EACH_STORE(stores);
  const auto create = [&](const std::string& hash, common::TimePoint now) {
    return stores.run(stores.users().create({0, "Ada", "a@b", 1}, keep_with("k1", hash), {false, now}));
  };
  const auto first = create("h1", noon);
  const User made = std::get<Stored<User>>(first).row;
  const auto again = create("h1", noon + 1h);
  CHECK(std::get<Replayed>(again).answer.body == to_json(made));
  CHECK(std::get<Replayed>(again).answer.status == 201);
  CHECK(std::holds_alternative<KeyReused>(create("h2", noon + 1h)));
  CHECK(std::holds_alternative<Stored<User>>(create("h1", noon + 25h)));
}
