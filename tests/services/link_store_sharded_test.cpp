// What a store of several PostgreSQL databases does otherwise than one: batches. The rest is the contract test's.

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"

using namespace url_shortener;
using testing::run_task;

namespace {

using Outcomes = std::vector<InsertMany::Outcome>;

class Sharded {
 public:
  Sharded() : databases_(PostgresUnderTest::shared(3)), store_(databases_->one()) {}

  // A code that begins so and lies on that shard.
  std::string code_on(std::size_t shard, std::string code) const {
    while (databases_->one().ring().owner(code) != shard)
      code += "-";
    return code;
  }
  LinkStoreSharded& operator*() { return store_; }
  LinkStoreSharded* operator->() { return &store_; }

 private:
  std::shared_ptr<PostgresUnderTest> databases_;
  LinkStoreSharded store_;
};

InsertMany many_of(const std::vector<std::string>& codes) {
  InsertMany many;
  many.now = noon;
  for (const auto& code : codes)
    many.items.emplace_back().link = new_link(code);
  return many;
}

void add_key(InsertMany& many) {
  many.answer = IdempotentAnswer{"10.0.0.1 POST /v1/links:batch", "key", "hash", 0, {}, {}};
  many.make_answer = [answer = *many.answer](const Outcomes&) { return answer; };
}

}  // namespace

TEST_CASE("of a batch over several shards a taken code is its item's outcome, and the others are made") {
  if (!is_there("shards")) return;
  Sharded store;
  const auto taken = store.code_on(1, "taken");
  run_task(store->insert(insert_of(new_link(taken)))).value();
  const auto outcome = run_task(
      store->insert_many(many_of({store.code_on(0, "a"), taken, store.code_on(1, "b"), store.code_on(2, "c")})));
  const auto outcomes = std::get<Outcomes>(outcome.value());
  REQUIRE(outcomes.size() == 4);
  for (const std::size_t made : {0u, 2u, 3u})
    CHECK(std::holds_alternative<Inserted>(outcomes[made]));
  CHECK(std::holds_alternative<CodeTaken>(outcomes[1]));
}

TEST_CASE("of a batch with a key, codes that lie on another shard than the key are to be drawn again") {
  if (!is_there("shards")) return;
  Sharded store;
  auto many = many_of({store.code_on(0, "a"), store.code_on(1, "b"), store.code_on(2, "c")});
  add_key(many);
  const auto first = run_task(store->insert_many(many)).value();
  REQUIRE(std::holds_alternative<CodesTaken>(first));
  CHECK(std::get<CodesTaken>(first).items.size() == 2);
  for (const auto& item : many.items)
    CHECK_FALSE(run_task(store->find(item.link.code)).value());
}

TEST_CASE("a batch with a key over several shards takes no wish, since no transaction spans them") {
  if (!is_there("shards")) return;
  Sharded store;
  for (const bool wished : {true, false}) {
    auto many = many_of({"wish"});
    add_key(many);
    (wished ? many.items[0].code_is_wished : many.items[0].reuse_existing) = true;
    const auto outcome = run_task(store->insert_many(many));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().kind == common::Failure::invalid);
  }
}

TEST_CASE("a key belongs to the first request that was tied to it, for 24 hours or until that comes to nothing") {
  if (!is_there("shards")) return;
  const auto databases = PostgresUnderTest::shared(3);
  LinkStorePostgres store(databases->one().at(0));
  const auto request = [](std::string hash) {
    return IdempotentAnswer{"10.0.0.1 POST /shorten", "key", std::move(hash), 0, {}, {}};
  };
  const auto bind = [&](const std::string& hash, common::TimePoint now) {
    return run_task(store.bind_key(request(hash), now)).value();
  };
  CHECK(bind("one", noon));
  CHECK(bind("one", noon));
  CHECK_FALSE(bind("two", noon));
  run_task(store.unbind_key(request("two"))).value();  // not its own
  CHECK_FALSE(bind("two", noon));
  run_task(store.unbind_key(request("one"))).value();
  CHECK(bind("two", noon));
  CHECK_FALSE(bind("one", noon + answer_lifetime - std::chrono::microseconds{1}));
  CHECK(bind("one", noon + answer_lifetime));
}
