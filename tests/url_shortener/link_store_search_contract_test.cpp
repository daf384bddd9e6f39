// What link_store.h promises of search, asked of every implementation, with an index of words and without.

#include <algorithm>
#include <atomic>

#include "tests/support/run_task.h"
#include "tests/url_shortener/postgres_under_test.h"
#include "tests/url_shortener/stores_under_test.h"
#include "url_shortener/link_store_memory.h"
#include "url_shortener/link_store_postgres.h"
#include "url_shortener/link_store_sharded.h"
#include "url_shortener/link_store_sqlite.h"
#include "url_shortener/search_words.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

// A store of one kind, and how it searches.
class Searched {
 public:
  Searched(const std::string& kind, Search search) {
    if (kind == "memory") {
      store_ = std::make_unique<LinkStoreMemory>();
    } else if (kind == "sqlite") {
      file_ = std::make_unique<StoreSqlite>(folder_.path());
      store_ = std::make_unique<LinkStoreSqlite>(*file_, search);
    } else {
      postgres_ = PostgresUnderTest::shared(kind == "shards" ? 3 : 1);
      store_ = on(postgres_->one(), search);
    }
    index();
  }
  ~Searched() {
    if (postgres_) postgres_->stop();
  }

  // Another process on the same data begins.
  void reopen(Search search) {
    if (file_) store_ = std::make_unique<LinkStoreSqlite>(*file_, search);
    if (postgres_) store_ = on(postgres_->two(), search);
  }
  void index() { run_task(index_all(*store_)); }
  LinkStore& operator*() { return *store_; }
  LinkStore* operator->() { return store_.get(); }

 private:
  static std::unique_ptr<LinkStore> on(Shards& shards, Search search) {
    if (shards.size() > 1) return std::make_unique<LinkStoreSharded>(shards, search);
    return std::make_unique<LinkStorePostgres>(shards.at(0), search);
  }

  testing::TempFolder folder_;
  std::unique_ptr<StoreSqlite> file_;
  std::shared_ptr<PostgresUnderTest> postgres_;
  std::unique_ptr<LinkStore> store_;
};

#define FOR_EACH_SEARCH(store)                                         \
  const std::string kind = GENERATE(STORE_KINDS);                      \
  const Search how = GENERATE(Search::scan, Search::words);            \
  INFO(kind << (how == Search::words ? ", by words" : ", by a scan")); \
  if (!is_there(kind)) return;                                         \
  Searched store(kind, how)

void insert(LinkStore& store, Link link) {
  REQUIRE(std::holds_alternative<Inserted>(run_task(store.insert(insert_of(std::move(link)))).value()));
}

SearchPage page_of(LinkStore& store, SearchQuery query) {
  return run_task(store.search(std::move(query))).value();
}

// All pages one after the other, by the code.
std::vector<std::string> found(LinkStore& store, std::string_view text, std::optional<std::string> tag = std::nullopt,
                               std::size_t limit = 20, std::size_t examine_max = 2'000) {
  std::vector<std::string> codes;
  SearchQuery query;
  query.words = words_of(text);
  query.tag = std::move(tag);
  query.limit = limit;
  query.examine_max = examine_max;
  for (int pages = 0; pages < 1'000; ++pages) {
    const auto page = page_of(store, query);
    REQUIRE(page.links.size() <= limit);
    for (const auto& link : page.links)
      codes.push_back(link.code);
    if (!page.next) return codes;
    query.before = page.next;
  }
  throw std::runtime_error("the pages do not end");
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("links are found by whole words of URL, tags and code, newest first") {
  FOR_EACH_SEARCH(store);
  insert(*store, new_link("aaa", "https://example.com/news/one", noon));
  insert(*store, new_link("bbb", "https://example.com/blog/two", noon + 1s));
  Link tagged = new_link("My-Talk", "https://other.example/", noon + 2s);
  tagged.tags = {"Conference 2026"};
  insert(*store, tagged);

  CHECK(found(*store, "example") == Codes{"My-Talk", "bbb", "aaa"});
  CHECK(found(*store, "NEWS") == Codes{"aaa"});
  CHECK(found(*store, "new").empty());
  CHECK(found(*store, "talk") == Codes{"My-Talk"});
  CHECK(found(*store, "conference other") == Codes{"My-Talk"});
  CHECK(found(*store, "example com") == Codes{"bbb", "aaa"});
  CHECK(found(*store, "example.com/blog") == Codes{"bbb"});
  CHECK(found(*store, "news blog").empty());
  CHECK(found(*store, "nothing").empty());
  CHECK(found(*store, "example", "Conference 2026") == Codes{"My-Talk"});
  CHECK(found(*store, "news", "Conference 2026").empty());
}

TEST_CASE("a found link is whole") {
  FOR_EACH_SEARCH(store);
  Link link = new_link("abc", "https://example.com/%C3%BCber");
  link.expires_at = noon + 1h;
  link.max_clicks = 3;
  link.tags = {"one", "two"};
  insert(*store, link);
  SearchQuery query;
  query.words = words_of(
      "\xC3\xBC"
      "ber");
  const auto page = page_of(*store, query);
  REQUIRE(page.links.size() == 1);
  CHECK(page.links[0].long_url == link.long_url);
  CHECK(page.links[0].created_at == noon);
  CHECK(page.links[0].expires_at == link.expires_at);
  CHECK(page.links[0].max_clicks == link.max_clicks);
  CHECK(page.links[0].tags == link.tags);
  CHECK_FALSE(page.next);
}

TEST_CASE("an edited link is found by what it is, not by what it was; a deleted one not at all") {
  FOR_EACH_SEARCH(store);
  Link link = new_link("abc", "https://example.com/before");
  link.tags = {"draft"};
  insert(*store, link);
  Edit edit;
  edit.long_url = "https://example.com/after";
  REQUIRE(std::holds_alternative<Link>(run_task(store->edit("abc", edit, std::nullopt)).value()));
  CHECK(found(*store, "before").empty());
  CHECK(found(*store, "after draft") == Codes{"abc"});
  CHECK(found(*store, "example") == Codes{"abc"});
  Edit tags;
  tags.tags = std::vector<std::string>{"final"};
  REQUIRE(std::holds_alternative<Link>(run_task(store->edit("abc", tags, std::nullopt)).value()));
  CHECK(found(*store, "draft").empty());
  CHECK(found(*store, "final after") == Codes{"abc"});
  REQUIRE(run_task(store->remove("abc", std::nullopt)).has_value());
  CHECK(found(*store, "example").empty());
}

TEST_CASE("pages of a search follow each other without a gap, whatever a page may look at") {
  FOR_EACH_SEARCH(store);
  Codes even, all;
  for (int i = 0; i < 120; ++i) {
    const std::string code = "code" + std::to_string(100 + i);
    // several were made in one microsecond
    insert(*store, new_link(code, i % 2 == 0 ? "https://example.com/even" : "https://example.com/odd",
                            noon + std::chrono::microseconds{i / 3}));
    all.push_back(code);
    if (i % 2 == 0) even.push_back(code);
  }
  std::reverse(all.begin(), all.end());
  std::reverse(even.begin(), even.end());
  for (const std::size_t limit : {1, 7, 100}) {
    for (const std::size_t examine_max : {1, 5, 2'000}) {
      INFO(limit << " links a page, " << examine_max << " looked at");
      CHECK(found(*store, "example", std::nullopt, limit, examine_max) == all);
      CHECK(found(*store, "even example com", std::nullopt, limit, examine_max) == even);
      CHECK(found(*store, "even odd", std::nullopt, limit, examine_max).empty());
    }
  }
}

TEST_CASE("links from before there was an index are found, before it is whole and after") {
  FOR_EACH_SEARCH(store);
  store.reopen(Search::scan);
  store.index();
  for (int i = 0; i < 1'100; ++i)
    insert(*store, new_link("old" + std::to_string(10'000 + i), "https://example.com/old", noon + 1us * i));
  REQUIRE(run_task(store->remove("old10007", std::nullopt)).has_value());
  store.reopen(how);
  CHECK(found(*store, "old").size() == 1'099);
  store.index();
  CHECK(found(*store, "old").size() == 1'099);
  CHECK(found(*store, "old10099") == Codes{"old10099"});
  if (how == Search::words && kind != "memory") {  // the oldest is the first that the index leads to
    SearchQuery query;
    query.words = {"old10000"};
    query.examine_max = 1;
    CHECK(page_of(*store, query).links.size() == 1);
  }
  CHECK(found(*store, "old10007").empty());
}

TEST_CASE("what changed while no index was kept is found as it is") {
  FOR_EACH_SEARCH(store);
  insert(*store, new_link("abc", "https://example.com/before"));
  insert(*store, new_link("def", "https://example.com/before", noon + 1s));
  store.reopen(Search::scan);
  store.index();
  Edit edit;
  edit.long_url = "https://example.com/after";
  REQUIRE(std::holds_alternative<Link>(run_task(store->edit("abc", edit, std::nullopt)).value()));
  REQUIRE(run_task(store->remove("def", std::nullopt)).has_value());
  store.reopen(how);
  store.index();
  CHECK(found(*store, "before").empty());
  CHECK(found(*store, "after") == Codes{"abc"});
}

TEST_CASE("a search finds all that was created at the same time by many") {
  FOR_EACH_SEARCH(store);
  constexpr int each = 30;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    for (int i = 0; i < each; ++i) {
      const std::string code = "t" + std::to_string(thread) + "x" + std::to_string(i);
      (co_await store->insert(insert_of(new_link(code, "https://example.com/" + code, noon)))).value();
    }
  });
  CHECK(found(*store, "example").size() == 4 * each);
  CHECK(found(*store, "t2x17") == Codes{"t2x17"});
}
