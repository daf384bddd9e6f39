// What link_store.h promises of editing, deleting and listing, asked of every implementation.

#include <algorithm>
#include <atomic>
#include <set>

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

void insert(LinkStore& store, Link link) {
  REQUIRE(std::holds_alternative<Inserted>(run_task(store.insert(insert_of(std::move(link)))).value()));
}

EditOutcome edit(LinkStore& store, const std::string& code, Edit change,
                 std::optional<std::uint64_t> version = std::nullopt) {
  return run_task(store.edit(code, std::move(change), version)).value();
}

Edit to_url(std::string long_url) {
  Edit change;
  change.long_url = std::move(long_url);
  return change;
}

std::vector<Link> list(LinkStore& store, std::size_t limit,
                       std::optional<std::pair<common::TimePoint, std::string>> before = std::nullopt,
                       std::optional<std::string> tag = std::nullopt) {
  return run_task(store.list({limit, std::move(before), std::move(tag)})).value();
}

// All pages one after the other, by the code.
std::vector<std::string> all_pages(LinkStore& store, std::size_t limit,
                                   const std::optional<std::string>& tag = std::nullopt) {
  std::vector<std::string> codes;
  std::optional<std::pair<common::TimePoint, std::string>> before;
  for (;;) {
    const auto page = list(store, limit, before, tag);
    for (const auto& link : page)
      codes.push_back(link.code);
    if (page.size() < limit) return codes;
    before.emplace(page.back().created_at, page.back().code);
  }
}

}  // namespace

TEST_CASE("an edit changes what it names and raises the version") {
  FOR_EACH_KIND(LinkStores, stores);
  Link link = new_link("abc", "https://example.com/a");
  link.tags = {"one", "two"};
  insert(stores.one(), link);

  Edit change;
  change.expires_at = noon + 1h;
  change.max_clicks = 3;
  const auto outcome = edit(stores.one(), "abc", change, 1);
  REQUIRE(std::holds_alternative<Link>(outcome));
  for (const auto& changed : {std::get<Link>(outcome), *run_task(stores.two().find("abc")).value()}) {
    CHECK(changed.version == 2);
    CHECK(changed.long_url == "https://example.com/a");
    CHECK(changed.tags == std::vector<std::string>{"one", "two"});
    CHECK(changed.expires_at == noon + 1h);
    CHECK(changed.max_clicks == 3u);
    CHECK(changed.created_at == noon);
  }

  Edit back;
  back.long_url = "https://example.com/b";
  back.expires_at.emplace(std::nullopt);
  back.max_clicks.emplace(std::nullopt);
  back.tags.emplace();
  REQUIRE(std::holds_alternative<Link>(edit(stores.two(), "abc", back)));
  const auto found = run_task(stores.one().find("abc")).value();
  CHECK(found->version == 3);
  CHECK(found->long_url == "https://example.com/b");
  CHECK_FALSE(found->expires_at);
  CHECK_FALSE(found->max_clicks);
  CHECK(found->tags.empty());
}

TEST_CASE("an edit of another version is refused with the version there is") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc"));
  edit(stores.one(), "abc", to_url("https://example.com/2"));
  const auto outcome = edit(stores.two(), "abc", to_url("https://example.com/3"), 1);
  REQUIRE(std::holds_alternative<VersionMismatch>(outcome));
  CHECK(std::get<VersionMismatch>(outcome).current == 2);
  CHECK(run_task(stores.one().find("abc")).value()->long_url == "https://example.com/2");
  CHECK(std::holds_alternative<NotFound>(edit(stores.one(), "nothing", {})));
}

TEST_CASE("of many edits of one version exactly one is applied") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc"));
  std::atomic<int> applied = 0;
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    LinkStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    for (std::uint64_t version = 1; version <= 20; ++version) {
      const auto url = "https://example.com/" + std::to_string(thread);
      const auto outcome = (co_await store.edit("abc", to_url(url), version)).value();
      applied += std::holds_alternative<Link>(outcome);
    }
  });
  CHECK(run_task(stores.one().find("abc")).value()->version == 1 + static_cast<std::uint64_t>(applied));
  CHECK(applied >= 1);
  CHECK(applied <= 20);
}

TEST_CASE("a changed URL is found by its new address and not by its old one") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc", "https://example.com/old"));
  edit(stores.one(), "abc", to_url("https://example.com/new"));
  Insert reuse_new = insert_of(new_link("def", "https://example.com/new"));
  reuse_new.reuse_existing = true;
  CHECK(std::holds_alternative<Existing>(run_task(stores.two().insert(reuse_new)).value()));
  Insert reuse_old = insert_of(new_link("ghi", "https://example.com/old"));
  reuse_old.reuse_existing = true;
  CHECK(std::holds_alternative<Inserted>(run_task(stores.two().insert(reuse_old)).value()));
}

TEST_CASE("a limit set later counts from nothing and a raised one goes on") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc"));
  const auto take = [&] { return run_task(stores.one().take_click("abc", noon)).value().admitted; };
  const auto limit = [&](std::optional<std::uint64_t> clicks) {
    Edit change;
    change.max_clicks.emplace(clicks);
    REQUIRE(std::holds_alternative<Link>(edit(stores.two(), "abc", change)));
  };
  CHECK(take());
  limit(1);
  CHECK(take());
  CHECK_FALSE(take());
  limit(2);
  CHECK(take());
  CHECK_FALSE(take());
  limit(std::nullopt);
  CHECK(take());
  limit(1);
  CHECK(take());
  CHECK_FALSE(take());
}

TEST_CASE("a deleted link is marked and its code is never given out again") {
  FOR_EACH_KIND(LinkStores, stores);
  insert(stores.one(), new_link("abc"));
  CHECK(std::holds_alternative<VersionMismatch>(run_task(stores.one().remove("abc", 7)).value()));
  const auto removed = run_task(stores.one().remove("abc", 1)).value();
  REQUIRE(std::holds_alternative<Link>(removed));
  CHECK(std::get<Link>(removed).deleted);
  CHECK(std::get<Link>(removed).version == 2);

  const auto found = run_task(stores.two().find("abc")).value();
  REQUIRE(found);
  CHECK(gone(*found, noon) == Gone::deleted);
  CHECK_FALSE(run_task(stores.two().take_click("abc", noon)).value().admitted);
  CHECK(std::holds_alternative<CodeTaken>(run_task(stores.two().insert(insert_of(new_link("abc")))).value()));
  CHECK(std::holds_alternative<NotFound>(run_task(stores.two().remove("abc", std::nullopt)).value()));
  CHECK(std::holds_alternative<NotFound>(edit(stores.two(), "abc", {})));
  CHECK(list(stores.two(), 10).empty());
}

TEST_CASE("pages of the list neither skip nor repeat, even where many links are equally old") {
  FOR_EACH_KIND(LinkStores, stores);
  std::vector<std::pair<common::TimePoint, std::string>> expected;
  for (int i = 0; i < 37; ++i) {
    const auto created_at = noon + std::chrono::seconds{i / 10};  // ten of each
    const std::string code = "c" + std::to_string(i * 7919 % 1000);
    insert(stores.one(), new_link(code, "https://example.com/", created_at));
    expected.emplace_back(created_at, code);
  }
  std::sort(expected.rbegin(), expected.rend());
  std::vector<std::string> newest_first;
  for (const auto& [created_at, code] : expected)
    newest_first.push_back(code);
  for (const std::size_t limit : {1u, 3u, 10u, 37u, 100u}) {
    INFO(limit);
    CHECK(all_pages(stores.two(), limit) == newest_first);
  }
}

TEST_CASE("a page begun before newer links came goes on where it was") {
  FOR_EACH_KIND(LinkStores, stores);
  for (const auto* code : {"aaa", "bbb", "ccc"})
    insert(stores.one(), new_link(code));
  const auto first = list(stores.one(), 2);
  REQUIRE(first.size() == 2);
  insert(stores.one(), new_link("newer", "https://example.com/", noon + 1s));
  REQUIRE(run_task(stores.one().remove(first.back().code, std::nullopt)).has_value());
  const auto second = list(stores.one(), 2, std::make_pair(first.back().created_at, first.back().code));
  REQUIRE(second.size() == 1);
  CHECK(second[0].code == "aaa");
}

TEST_CASE("links are listed by tag as the tags are now") {
  FOR_EACH_KIND(LinkStores, stores);
  for (int i = 0; i < 9; ++i) {
    Link link = new_link("c" + std::to_string(i), "https://example.com/", noon + std::chrono::seconds{i / 4});
    link.tags = i % 2 == 0 ? std::vector<std::string>{"even", "all"} : std::vector<std::string>{"all", "all"};
    insert(stores.one(), link);
  }
  using Codes = std::vector<std::string>;
  CHECK(all_pages(stores.two(), 2, "even") == Codes{"c8", "c6", "c4", "c2", "c0"});
  CHECK(all_pages(stores.two(), 4, "all").size() == 9);
  CHECK(all_pages(stores.two(), 4, "none").empty());
  CHECK(all_pages(stores.two(), 4, "Even").empty());

  Edit retag;
  retag.tags = {"odd"};
  edit(stores.one(), "c4", retag);
  REQUIRE(run_task(stores.one().remove("c6", std::nullopt)).has_value());
  CHECK(all_pages(stores.two(), 2, "even") == Codes{"c8", "c2", "c0"});
  CHECK(all_pages(stores.two(), 2, "odd") == Codes{"c4"});
  CHECK(all_pages(stores.two(), 3, "all").size() == 7);
}
