// What link_finder.h promises, over a store that answers when the test lets it.

#include "url_shortener/link_finder.h"

#include <boost/asio/post.hpp>

#include "tests/support/run_task.h"
#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/stores_under_test.h"

using namespace url_shortener;
using namespace std::chrono_literals;
using common::Result;
using common::Task;

namespace {

// Finds slowly, and counts how often it was asked.
class SlowStore final : public LinkStoreOverMemory {
 public:
  Task<Result<std::optional<Link>>> find(std::string code) override {
    ++asked;
    auto found = co_await memory.find(std::move(code));
    for (int i = 0; i < 5; ++i)
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
    if (fails) co_return common::Error{common::Failure::unavailable, "away"};
    co_return found;
  }
  int asked = 0;
  bool fails = false;
};

// A shared cache that takes its time, and counts how many it serves at once.
class SlowCache final : public LinkCache {
 public:
  Task<std::optional<Known>> find(std::string) override { co_return std::nullopt; }
  common::TimePoint stamp() const override { return {}; }
  Task<void> put(std::string, std::optional<Link>, common::TimePoint) override { co_return; }
  Task<void> changed(std::string code, std::optional<std::uint64_t> version) override {
    CHECK(version == 1u);
    most = std::max(most, ++under_way);
    for (int i = 0; i < 5; ++i)
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
    --under_way;
    told.push_back(std::move(code));
  }
  int under_way = 0;
  int most = 0;
  std::vector<std::string> told;
};

struct Finding {
  SlowStore store;
  LinkCacheLocal local{1, 100, 2s};
  LinkFinder finder{store, local, nullptr, 1};

  Task<> expect(std::string code, std::optional<std::string> url) {
    const auto found = co_await finder.find(code, local.stamp(code));
    REQUIRE(found.has_value());
    REQUIRE(found->link.has_value() == url.has_value());
    if (url) CHECK(found->link->long_url == *url);
  }
};

Task<> insert(LinkStore& store, std::string code, std::string url) {
  const auto outcome = co_await store.insert(insert_of(new_link(std::move(code), std::move(url))));
  CHECK(std::holds_alternative<Inserted>(outcome.value()));
}

}  // namespace

TEST_CASE("of many who miss one code at the same time one asks the store") {
  Finding finding;
  testing::run_task(insert(finding.store, "abc", "https://a.example/"));
  std::vector<Task<>> tasks;
  for (int i = 0; i < 100; ++i)
    tasks.push_back(finding.expect("abc", "https://a.example/"));
  for (int i = 0; i < 100; ++i)
    tasks.push_back(finding.expect("nothing", std::nullopt));
  testing::run_tasks(std::move(tasks));
  CHECK(finding.store.asked == 2);
}

TEST_CASE("who comes after a change gets what was changed to, even while an older look-up is under way") {
  Finding finding;
  testing::run_task(insert(finding.store, "abc", "https://old.example/"));
  const auto change = [](Finding& all) -> Task<> {
    Edit edit;
    edit.long_url = "https://new.example/";
    const auto edited = co_await all.store.edit("abc", std::move(edit), std::nullopt);
    CHECK(edited.has_value());
    co_await all.finder.changed("abc", 2);
    co_await all.expect("abc", "https://new.example/");
  };
  std::vector<Task<>> tasks;
  tasks.push_back(finding.expect("abc", "https://old.example/"));
  tasks.push_back(change(finding));
  testing::run_tasks(std::move(tasks));
  CHECK(finding.store.asked == 2);
}

TEST_CASE("a store that is away is said to all who wait, and asked again by who comes next") {
  Finding finding;
  finding.store.fails = true;
  int failed = 0;
  const auto fail = [&failed](Finding& all) -> Task<> {
    const auto found = co_await all.finder.find("abc", all.local.stamp("abc"));
    failed += found.has_error();
  };
  std::vector<Task<>> tasks;
  for (int i = 0; i < 10; ++i)
    tasks.push_back(fail(finding));
  testing::run_tasks(std::move(tasks));
  CHECK(failed == 10);
  CHECK(finding.store.asked == 1);
  finding.store.fails = false;
  testing::run_task(finding.expect("abc", std::nullopt));
}

TEST_CASE("who comes after a creation finds it, even while a look-up from before is under way") {
  Finding finding;
  const auto create = [](Finding& all) -> Task<> {
    co_await insert(all.store, "abc", "https://a.example/");
    co_await all.finder.created("abc");
    co_await all.expect("abc", "https://a.example/");
  };
  std::vector<Task<>> tasks;
  tasks.push_back(finding.expect("abc", std::nullopt));
  tasks.push_back(create(finding));
  testing::run_tasks(std::move(tasks));
  CHECK(finding.store.asked == 2);
}

TEST_CASE("of many creations the shared cache is told at once, and waited for once") {
  SlowStore store;
  LinkCacheLocal local(1, 100, 2s);
  SlowCache shared;
  LinkFinder finder(store, local, &shared, 1);
  std::vector<std::string> codes;
  for (int i = 0; i < 1'000; ++i)
    codes.push_back(std::to_string(i));
  testing::run_task(finder.created_all(codes));
  CHECK(shared.most == 1'000);
  CHECK(shared.told == codes);
}
