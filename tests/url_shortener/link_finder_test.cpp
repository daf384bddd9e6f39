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
