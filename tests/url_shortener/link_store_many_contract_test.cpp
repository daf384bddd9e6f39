// What link_store.h promises of many creations in one transaction, asked of every implementation.

#include <atomic>

#include "tests/support/run_task.h"
#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/stores_under_test.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

using Outcomes = std::vector<InsertMany::Outcome>;

InsertMany::Item item(Link link, bool wished = false, bool reuse = false) {
  InsertMany::Item item;
  item.link = std::move(link);
  item.code_is_wished = wished;
  item.reuse_existing = reuse;
  return item;
}

InsertMany many_of(std::vector<InsertMany::Item> items) {
  InsertMany many;
  many.items = std::move(items);
  many.now = noon;
  return many;
}

// With a key; the answer says how many items there were.
InsertMany with_key(InsertMany many, std::string key, std::string hash = "hash") {
  many.answer = IdempotentAnswer{"10.0.0.1 POST /v1/links:batch", std::move(key), std::move(hash), 0, {}, {}};
  const IdempotentAnswer named = *many.answer;
  many.make_answer = [named](const Outcomes& outcomes) {
    IdempotentAnswer answer = named;
    answer.status = 201;
    answer.headers = "X: y\r\n";
    answer.body = std::to_string(outcomes.size()) + " items";
    return answer;
  };
  return many;
}

// Has codes drawn that lie where the store can decide.
void draw(LinkStore& store, InsertMany& many) {
  for (auto& item : many.items) {
    Insert one = insert_of(item.link);
    one.reuse_existing = item.reuse_existing;
    one.answer = many.answer;
    while (!item.code_is_wished && !store.fits(one))
      one.link.code += "-";
    item.link.code = one.link.code;
  }
}

InsertManyOutcome insert_many(LinkStore& store, InsertMany many) {
  draw(store, many);
  return run_task(store.insert_many(std::move(many))).value();
}

Outcomes outcomes_of(InsertManyOutcome outcome) {
  REQUIRE(std::holds_alternative<Outcomes>(outcome));
  return std::get<Outcomes>(std::move(outcome));
}

std::optional<Link> find(LinkStore& store, const std::string& code) {
  return run_task(store.find(code)).value();
}

}  // namespace

TEST_CASE("many links come back as they were inserted") {
  FOR_EACH_KIND(LinkStores, stores);
  std::vector<InsertMany::Item> items;
  for (int i = 0; i < 1'000; ++i) {
    Link link = new_link("code" + std::to_string(i), "https://example.com/" + std::to_string(i));
    link.tags = {"all", "tag" + std::to_string(i % 10)};
    if (i % 2 == 0) link.max_clicks = 3;
    items.push_back(item(std::move(link)));
  }
  const auto outcomes = outcomes_of(insert_many(stores.one(), many_of(std::move(items))));
  REQUIRE(outcomes.size() == 1'000);
  for (const auto& outcome : outcomes)
    REQUIRE(std::holds_alternative<Inserted>(outcome));
  const auto found = find(stores.two(), "code998");
  REQUIRE(found);
  CHECK(found->long_url == "https://example.com/998");
  CHECK(found->max_clicks == 3u);
  CHECK(found->tags == std::vector<std::string>{"all", "tag8"});
  ListQuery query;
  query.limit = 2'000;
  query.tag = "tag3";
  CHECK(run_task(stores.two().list(query)).value().size() == 100);
}

TEST_CASE("a wished code that is taken is its item's outcome, and the others are made") {
  FOR_EACH_KIND(LinkStores, stores);
  insert_many(stores.one(), many_of({item(new_link("taken"))}));
  const auto outcomes = outcomes_of(insert_many(
      stores.two(), many_of({item(new_link("aaa"), true), item(new_link("taken", "https://other.example/"), true),
                             item(new_link("bbb"), true), item(new_link("aaa"), true)})));
  REQUIRE(outcomes.size() == 4);
  CHECK(std::holds_alternative<Inserted>(outcomes[0]));
  CHECK(std::holds_alternative<CodeTaken>(outcomes[1]));
  CHECK(std::holds_alternative<Inserted>(outcomes[2]));
  CHECK(std::holds_alternative<CodeTaken>(outcomes[3]));
  CHECK(find(stores.one(), "taken")->long_url == "https://example.com/");
  CHECK(find(stores.one(), "bbb"));
}

TEST_CASE("when a generated code is taken nothing was done, and it is named") {
  FOR_EACH_KIND(LinkStores, stores);
  if (kind == "shards") return;  // several transactions: tests/services/link_store_sharded_test.cpp
  insert_many(stores.one(), many_of({item(new_link("taken"))}));
  auto many = with_key(many_of({item(new_link("aaa")), item(new_link("taken")), item(new_link("bbb"), true),
                                item(new_link("ccc")), item(new_link("ccc"))}),
                       "key");
  const auto outcome = insert_many(stores.two(), many);
  REQUIRE(std::holds_alternative<CodesTaken>(outcome));
  CHECK(std::get<CodesTaken>(outcome).items == std::vector<std::size_t>{1, 4});
  for (const auto* code : {"aaa", "bbb", "ccc"})
    CHECK_FALSE(find(stores.one(), code));
  CHECK_FALSE(run_task(stores.one().find_answer(many.answer->scope, "key", noon)).value());

  many.items[1].link.code = "ddd";
  many.items[4].link.code = "eee";
  CHECK(outcomes_of(insert_many(stores.two(), many)).size() == 5);
  CHECK(find(stores.one(), "eee"));
}

TEST_CASE("a live link of the same URL is reused, one of the same request too") {
  FOR_EACH_KIND(LinkStores, stores);
  insert_many(stores.one(), many_of({item(new_link("old", "https://example.com/old"))}));
  const auto outcomes =
      outcomes_of(insert_many(stores.two(), many_of({item(new_link("aaa", "https://example.com/new"), false, true),
                                                     item(new_link("bbb", "https://example.com/old"), false, true),
                                                     item(new_link("ccc", "https://example.com/new"), false, true),
                                                     item(new_link("ddd", "https://example.com/old"))})));
  CHECK(std::holds_alternative<Inserted>(outcomes[0]));
  REQUIRE(std::holds_alternative<Existing>(outcomes[1]));
  REQUIRE(std::holds_alternative<Existing>(outcomes[2]));
  CHECK(std::get<Existing>(outcomes[2]).link.code.starts_with("aaa"));
  CHECK(std::holds_alternative<Inserted>(outcomes[3]));
  CHECK_FALSE(find(stores.one(), "bbb"));
}

TEST_CASE("the same many with the same key are answered as the first time, for 24 hours") {
  FOR_EACH_KIND(LinkStores, stores);
  outcomes_of(insert_many(stores.one(), with_key(many_of({item(new_link("aaa")), item(new_link("bbb"))}), "key")));
  const auto again = insert_many(stores.two(), with_key(many_of({item(new_link("ccc"))}), "key"));
  REQUIRE(std::holds_alternative<Replayed>(again));
  CHECK(std::get<Replayed>(again).answer.body == "2 items");
  CHECK(std::get<Replayed>(again).answer.headers == "X: y\r\n");
  CHECK(std::get<Replayed>(again).answer.status == 201);
  CHECK_FALSE(find(stores.one(), "ccc"));
  CHECK(std::holds_alternative<KeyReused>(
      insert_many(stores.two(), with_key(many_of({item(new_link("ddd"))}), "key", "other"))));
  auto later = with_key(many_of({item(new_link("eee"))}), "key", "other");
  later.now = noon + 24h;
  CHECK(outcomes_of(insert_many(stores.two(), later)).size() == 1);
}

TEST_CASE("of many that race for the same codes each code is had by one") {
  FOR_EACH_KIND(LinkStores, stores);
  std::atomic<int> inserted = 0, taken = 0, failed = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    LinkStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    for (int round = 0; round < 5; ++round) {
      InsertMany many = many_of({});
      for (int i = 0; i < 40; ++i) {  // in another order on each thread
        const int n = (i * 7 + static_cast<int>(thread) * 11) % 40;
        many.items.push_back(item(new_link("r" + std::to_string(round) + "c" + std::to_string(n)), true));
      }
      const auto outcome = co_await store.insert_many(std::move(many));
      if (outcome.has_error()) {
        ++failed;
        continue;
      }
      for (const auto& each : std::get<Outcomes>(*outcome)) {
        inserted += std::holds_alternative<Inserted>(each);
        taken += std::holds_alternative<CodeTaken>(each);
      }
    }
  });
  CHECK(failed == 0);
  CHECK(inserted == 200);
  CHECK(taken == 600);
}

TEST_CASE("many with one key at the same time are made once") {
  FOR_EACH_KIND(LinkStores, stores);
  std::atomic<int> made = 0, replayed = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    LinkStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    InsertMany many = with_key(many_of({item(new_link("t" + std::to_string(thread)))}), "key");
    draw(store, many);
    const auto outcome = (co_await store.insert_many(std::move(many))).value();
    made += std::holds_alternative<Outcomes>(outcome);
    replayed += std::holds_alternative<Replayed>(outcome);
  });
  CHECK(made == 1);
  CHECK(replayed == 3);
}

namespace {

// A store that has no transaction for many.
class OneByOne final : public LinkStoreOverMemory {
 public:
  Task<common::Result<InsertOutcome>> insert(Insert insert) override {
    if (insert.link.code == failing) co_return common::Error{common::Failure::unavailable, "away"};
    co_return co_await LinkStoreOverMemory::insert(std::move(insert));
  }
  std::string failing;
};

}  // namespace

TEST_CASE("a store without a transaction for many makes them one by one, and says which of them failed") {
  OneByOne store;
  const auto outcomes = outcomes_of(insert_many(store, many_of({item(new_link("aaa")), item(new_link("aaa"))})));
  CHECK(std::holds_alternative<Inserted>(outcomes[0]));
  CHECK(std::holds_alternative<CodeTaken>(outcomes[1]));
  const auto refused = run_task(store.insert_many(with_key(many_of({item(new_link("bbb"))}), "key")));
  REQUIRE(refused.has_error());
  CHECK(refused.error().kind == common::Failure::invalid);
  CHECK_FALSE(find(store, "bbb"));
  store.failing = "ddd";
  const auto broken =
      outcomes_of(insert_many(store, many_of({item(new_link("ccc")), item(new_link("ddd")), item(new_link("eee"))})));
  CHECK(std::holds_alternative<Inserted>(broken[0]));
  REQUIRE(std::holds_alternative<Failed>(broken[1]));
  CHECK(std::get<Failed>(broken[1]).error.kind == common::Failure::unavailable);
  CHECK(std::holds_alternative<Inserted>(broken[2]));
}
