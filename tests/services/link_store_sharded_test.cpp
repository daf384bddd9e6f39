// What a store of several PostgreSQL databases does otherwise than one: batches. The rest is the contract test's.

#include "url_shortener/link_store_sharded.h"
#include "tests/support/run_task.h"
#include "tests/url_shortener/postgres_under_test.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/link_store_postgres.h"

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

TEST_CASE("a request whose link lies on its key's shard is refused when another one has the key, and ties it itself") {
  if (!is_there("shards")) return;
  const auto databases = PostgresUnderTest::shared(3);
  LinkStoreSharded store(databases->one());
  const auto request = [](std::string key, std::string hash) {
    return IdempotentAnswer{"10.0.0.1 POST /shorten", std::move(key), std::move(hash), 201, {}, {}};
  };
  const auto insert = [&](const IdempotentAnswer& answer, const std::string& begin) {
    Insert wanted = insert_of(new_link(begin, "https://example.com/" + begin));
    wanted.answer = answer;
    while (!store.fits(wanted))
      wanted.link.code += "-";
    return run_task(store.insert(wanted)).value();
  };
  const auto bind = [&](const IdempotentAnswer& answer) {
    const auto shard = databases->one().ring().owner("key " + answer.scope + " " + answer.key);
    LinkStorePostgres home(databases->one().at(shard));
    return run_task(home.bind_key(answer, noon)).value();
  };
  CHECK(bind(request("a", "first")));
  CHECK(std::holds_alternative<KeyReused>(insert(request("a", "second"), "a2")));
  CHECK(std::holds_alternative<Inserted>(insert(request("a", "first"), "a1")));
  CHECK(std::holds_alternative<Replayed>(insert(request("a", "first"), "a1")));

  CHECK(std::holds_alternative<Inserted>(insert(request("b", "first"), "b")));
  CHECK_FALSE(bind(request("b", "second")));

  // Of a link on another shard; the answer with it is kept on the URL's, which may be the key's.
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    Insert known = insert_of(new_link("known-" + number, "https://example.com/" + number));
    run_task(store.insert(known)).value();
    CHECK(bind(request("c" + number, "first")));
    known.answer = request("c" + number, "second");
    known.answer_existing = [&](const Link&) { return *known.answer; };
    known.reuse_existing = true;
    known.link.code = "fresh-" + number;
    while (!store.fits(known))
      known.link.code += "-";
    CHECK(std::holds_alternative<KeyReused>(run_task(store.insert(known)).value()));
  }
}

TEST_CASE("of a batch over several shards the items of one that is away have failed, and the others are made") {
  if (!is_there("shards")) return;
  std::vector<std::unique_ptr<testing::Schema>> schemas;
  testing::RunningRuntime running(1);
  std::vector<std::string> urls;
  for (int i = 0; i < 2; ++i)
    urls.push_back(schemas.emplace_back(testing::new_schema())->url());
  Shards shards(running.runtime(), urls, 1);
  LinkStoreSharded store(shards);
  const auto code_on = [&](std::size_t shard, std::string code) {
    while (shards.ring().owner(code) != shard)
      code += "-";
    return code;
  };
  schemas[1]->ask("DROP TABLE link_tags, links");  // as good as away
  auto many = many_of({code_on(0, "a"), code_on(1, "b"), code_on(0, "c"), code_on(1, "d"), code_on(0, "e")});
  const auto outcome = run_task(store.insert_many(many));
  run_task(shards.stop());
  const auto outcomes = std::get<Outcomes>(outcome.value());
  REQUIRE(outcomes.size() == 5);
  for (const std::size_t made : {0u, 2u, 4u})
    CHECK(std::holds_alternative<Inserted>(outcomes[made]));
  for (const std::size_t failed : {1u, 3u})
    CHECK(std::holds_alternative<Failed>(outcomes[failed]));
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
