// What link_store.h promises of creating and following links, asked of every implementation.
// Editing, deleting and listing: link_store_edit_contract_test.cpp.

#include <atomic>

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/link_store_sqlite.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

InsertOutcome insert(LinkStore& store, Insert what) {
  return run_task(store.insert(std::move(what))).value();
}

InsertOutcome insert(LinkStore& store, Link link) {
  return insert(store, insert_of(std::move(link)));
}

std::optional<Link> find(LinkStore& store, const std::string& code) {
  return run_task(store.find(code)).value();
}

IdempotentAnswer answer_for(std::string key, std::string request_hash, std::string body) {
  return {"10.0.0.1 POST /shorten", std::move(key), std::move(request_hash), 201, "Location: /x\r\n", std::move(body)};
}

Insert with_key(Link link, std::string key, std::string request_hash = "hash") {
  Insert request = insert_of(std::move(link));
  request.answer = answer_for(std::move(key), std::move(request_hash), "body of " + request.link.code);
  return request;
}

}  // namespace

TEST_CASE("a link comes back as it was inserted") {
  FOR_EACH_KIND(LinkStores, stores);
  Link link = new_link("abc", "https://example.com/?a=\xC3\xBC");
  link.expires_at = noon + 1h;
  link.max_clicks = 5;
  link.tags = {"zebra", "a \"quoted\" tag", "\xC3\xBC"};
  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), link)));

  const auto found = find(stores.two(), "abc");
  REQUIRE(found);
  CHECK(found->code == "abc");
  CHECK(found->long_url == link.long_url);
  CHECK(found->created_at == noon);
  CHECK(found->expires_at == noon + 1h);
  CHECK(found->max_clicks == 5u);
  CHECK(found->clicks_used == 0);
  CHECK(found->tags == link.tags);
  CHECK(found->version == 1);
  CHECK_FALSE(found->deleted);
  CHECK_FALSE(find(stores.one(), "abd"));
  CHECK_FALSE(find(stores.one(), "ABC"));
}

TEST_CASE("a taken code is refused and the link that has it stays") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc", "https://first.example/"));
  CHECK(std::holds_alternative<CodeTaken>(insert(stores.two(), new_link("abc", "https://second.example/"))));
  CHECK(find(stores.one(), "abc")->long_url == "https://first.example/");
}

TEST_CASE("of many that race for one code exactly one gets it") {
  FOR_EACH_KIND(LinkStores, stores);
  constexpr int codes = 50;
  std::atomic<int> inserted = 0;
  std::atomic<int> taken = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    LinkStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    for (int i = 0; i < codes; ++i) {
      const auto outcome = (co_await store.insert(insert_of(new_link("code" + std::to_string(i))))).value();
      inserted += std::holds_alternative<Inserted>(outcome);
      taken += std::holds_alternative<CodeTaken>(outcome);
    }
  });
  CHECK(inserted == codes);
  CHECK(taken == 3 * codes);
}

TEST_CASE("a live link of the same URL is reused when that is wished") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc", "https://example.com/a"));
  Insert again = insert_of(new_link("def", "https://example.com/a"));
  again.reuse_existing = true;
  const auto outcome = insert(stores.two(), again);
  REQUIRE(std::holds_alternative<Existing>(outcome));
  CHECK(std::get<Existing>(outcome).link.code == "abc");
  CHECK_FALSE(find(stores.one(), "def"));

  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), new_link("ghi", "https://example.com/a"))));
  Insert other = insert_of(new_link("jkl", "https://example.com/b"));
  other.reuse_existing = true;
  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), other)));
}

TEST_CASE("an expired, used up or deleted link is not reused") {
  FOR_EACH_KIND(LinkStores, stores);
  Link expired = new_link("expired", "https://example.com/a", noon - 2h);
  expired.expires_at = noon;
  insert(stores.one(), expired);
  Link used_up = new_link("used-up", "https://example.com/a");
  used_up.max_clicks = 1;
  insert(stores.one(), used_up);
  CHECK(run_task(stores.one().take_click("used-up", noon)).value().admitted);
  insert(stores.one(), new_link("deleted", "https://example.com/a"));
  REQUIRE(run_task(stores.one().remove("deleted", std::nullopt)).has_value());

  Insert fresh = insert_of(new_link("fresh", "https://example.com/a"));
  fresh.reuse_existing = true;
  CHECK(std::holds_alternative<Inserted>(insert(stores.two(), fresh)));
}

TEST_CASE("among links that no longer redirect the one that does is reused, and one that has clicks again") {
  FOR_EACH_KIND(LinkStores, stores);
  const auto reused = [&](const std::string& fresh) -> std::string {
    Insert again = insert_of(new_link(fresh, "https://example.com/a"));
    again.reuse_existing = true;
    const auto outcome = insert(stores.two(), again);
    return std::holds_alternative<Existing>(outcome) ? std::get<Existing>(outcome).link.code : "";
  };
  const auto use_up = [&](const std::string& code) {
    CHECK(run_task(stores.one().take_click(code, noon)).value().admitted);
  };
  for (int i = 0; i < 10; ++i) {
    Link expired = new_link("expired-" + std::to_string(i), "https://example.com/a", noon - 48h);
    expired.expires_at = noon - i * 1h;
    insert(stores.one(), expired);
    Link used_up = new_link("used-up-" + std::to_string(i), "https://example.com/a");
    used_up.max_clicks = 1;
    insert(stores.one(), used_up);
    use_up(used_up.code);
  }
  Link live = new_link("live", "https://example.com/a");
  live.expires_at = noon + 1us;
  live.max_clicks = 1;
  insert(stores.one(), live);
  CHECK(reused("a") == "live");
  use_up("live");
  CHECK(reused("b").empty());
  REQUIRE(run_task(stores.one().remove("b", std::nullopt)).has_value());
  Edit edit;
  edit.max_clicks = 2;
  REQUIRE(run_task(stores.one().edit("live", edit, std::nullopt)).has_value());
  CHECK(reused("c") == "live");
}

TEST_CASE("the same request with the same key is answered as the first time") {
  FOR_EACH_KIND(LinkStores, stores);
  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), with_key(new_link("abc"), "key"))));
  const auto again = insert(stores.two(), with_key(new_link("def", "https://example.com/", noon + 1h), "key"));
  REQUIRE(std::holds_alternative<Replayed>(again));
  const auto& answer = std::get<Replayed>(again).answer;
  CHECK(answer.status == 201);
  CHECK(answer.headers == "Location: /x\r\n");
  CHECK(answer.body == "body of abc");
  CHECK_FALSE(find(stores.one(), "def"));

  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), with_key(new_link("ghi"), "other key"))));
  Insert other_caller = with_key(new_link("jkl"), "key");
  other_caller.answer->scope = "10.0.0.2 POST /shorten";
  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), other_caller)));
}

TEST_CASE("a kept answer is found by caller and key, for 24 hours") {
  FOR_EACH_KIND(LinkStores, stores);
  const Insert request = with_key(new_link("abc"), "key");
  const auto kept = [&](std::string scope, std::string key, common::TimePoint now) {
    return run_task(stores.two().find_answer(std::move(scope), std::move(key), now)).value();
  };
  CHECK_FALSE(kept(request.answer->scope, "key", noon));
  insert(stores.one(), request);
  REQUIRE(kept(request.answer->scope, "key", noon + 24h - 1us));
  CHECK(kept(request.answer->scope, "key", noon)->body == "body of abc");
  CHECK(kept(request.answer->scope, "key", noon)->request_hash == request.answer->request_hash);
  CHECK_FALSE(kept(request.answer->scope, "key", noon + 24h));
  CHECK_FALSE(kept(request.answer->scope, "other key", noon));
  CHECK_FALSE(kept("somebody else", "key", noon));
}

TEST_CASE("a key used for another request is refused") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), with_key(new_link("abc"), "key", "one"));
  CHECK(std::holds_alternative<KeyReused>(insert(stores.two(), with_key(new_link("def"), "key", "two"))));
  CHECK_FALSE(find(stores.one(), "def"));
}

TEST_CASE("of many with one key exactly one creates and all others get its answer") {
  FOR_EACH_KIND(LinkStores, stores);
  std::atomic<int> inserted = 0;
  std::atomic<int> replayed = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    LinkStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    for (int i = 0; i < 20; ++i) {
      const std::string number = std::to_string(i);
      const std::string code = "t" + std::to_string(thread) + "-" + number;
      Insert request = with_key(new_link(code), "key " + number);
      while (!store.fits(request))
        request.link.code += "-";
      const auto outcome = (co_await store.insert(std::move(request))).value();
      inserted += std::holds_alternative<Inserted>(outcome);
      replayed += std::holds_alternative<Replayed>(outcome);
    }
  });
  CHECK(inserted == 20);
  CHECK(replayed == 60);
}

TEST_CASE("an answer is not kept when the code was taken, so the next attempt can succeed") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc"));
  CHECK(std::holds_alternative<CodeTaken>(insert(stores.one(), with_key(new_link("abc"), "key"))));
  CHECK(std::holds_alternative<Inserted>(insert(stores.one(), with_key(new_link("def"), "key"))));
}

TEST_CASE("an answer is forgotten after 24 hours") {
  FOR_EACH_KIND(LinkStores, stores);
  for (int i = 0; i < 5; ++i) {
    const std::string number = std::to_string(i);
    insert(stores.one(), with_key(new_link("old" + number), "key " + number));
  }
  const auto late = [&](std::string code, std::chrono::microseconds after, std::string key) {
    return insert(stores.two(),
                  with_key(new_link(std::move(code), "https://example.com/", noon + after), std::move(key)));
  };
  CHECK(std::holds_alternative<Replayed>(late("new0", 24h - 1us, "key 0")));
  for (int i = 0; i < 5; ++i) {
    const std::string number = std::to_string(i);
    CHECK(std::holds_alternative<Inserted>(late("new" + number, 24h, "key " + number)));
  }
  CHECK(std::holds_alternative<Replayed>(late("other", 25h, "key 3")));
}

TEST_CASE("the answer with a reused link is kept and replayed too") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc", "https://example.com/a"));
  Insert request = with_key(new_link("def", "https://example.com/a"), "key");
  request.reuse_existing = true;
  request.answer_existing = [](const Link& existing) {
    auto answer = answer_for("key", "hash", "found " + existing.code);
    answer.status = 200;
    return answer;
  };
  CHECK(std::holds_alternative<Existing>(insert(stores.one(), request)));
  REQUIRE(run_task(stores.one().remove("abc", std::nullopt)).has_value());
  const auto again = insert(stores.two(), request);
  REQUIRE(std::holds_alternative<Replayed>(again));
  CHECK(std::get<Replayed>(again).answer.status == 200);
  CHECK(std::get<Replayed>(again).answer.body == "found abc");
}

TEST_CASE("a link is followed exactly as often as it may be, whoever follows") {
  FOR_EACH_KIND(LinkStores, stores);
  Link link = new_link("abc");
  link.max_clicks = 100;
  insert(stores.one(), link);
  std::atomic<int> admitted = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    LinkStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    for (int i = 0; i < 40; ++i)
      admitted += (co_await store.take_click("abc", noon)).value().admitted;
  });
  CHECK(admitted == 100);
  const auto used_up = find(stores.one(), "abc");
  CHECK(used_up->clicks_used == 100);
  CHECK(gone(*used_up, noon) == Gone::used_up);
}

TEST_CASE("a click is admitted while the link is live and answers the link as it then is") {
  FOR_EACH_KIND(LinkStores, stores);
  Link link = new_link("abc");
  link.expires_at = noon + 1h;
  insert(stores.one(), link);
  const auto take = [&](const std::string& code, common::TimePoint now) {
    return run_task(stores.two().take_click(code, now)).value();
  };
  CHECK(take("abc", noon + 1h - 1us).admitted);
  CHECK(take("abc", noon).link->clicks_used == 0);
  CHECK_FALSE(take("abc", noon + 1h).admitted);
  CHECK(take("abc", noon + 1h).link.has_value());
  CHECK_FALSE(take("nothing", noon).admitted);
  CHECK_FALSE(take("nothing", noon).link.has_value());

  Link once = new_link("once");
  once.max_clicks = 1;
  insert(stores.one(), once);
  const auto first = take("once", noon);
  CHECK(first.admitted);
  CHECK(first.link->clicks_used == 1);
  CHECK_FALSE(take("once", noon).admitted);
}

TEST_CASE("what a SQLite store answered is there when the file is opened again") {
  const testing::TempFolder folder;
  {
    StoreSqlite file(folder.path());
    LinkStoreSqlite links(file);
    insert(links, with_key(new_link("abc", "https://example.com/a"), "key"));
  }
  StoreSqlite file(folder.path());
  LinkStoreSqlite links(file);
  CHECK(find(links, "abc")->long_url == "https://example.com/a");
  CHECK(std::holds_alternative<Replayed>(insert(links, with_key(new_link("def"), "key"))));
}
