// What click_store.h promises, asked of every implementation.

#include "tests/support/run_task.h"
#include "tests/url_shortener/stores_under_test.h"

using namespace url_shortener;
using common::Task;
using testing::run_on_threads;
using testing::run_task;

namespace {

void add(ClickStore& store, std::vector<ClickCount> batch) {
  REQUIRE(run_task(store.add(std::move(batch))).has_value());
}

ClickStats stats(ClickStore& store, const std::string& code) {
  return run_task(store.stats(code)).value();
}

std::string as_text(const std::vector<ClickStats::Row>& rows) {
  std::string text;
  for (const auto& row : rows)
    text += (text.empty() ? "" : " ") + row.name + "=" + std::to_string(row.clicks);
  return text;
}

}  // namespace

TEST_CASE("clicks are added up in all, by day, by referrer and by agent") {
  FOR_EACH_KIND(ClickStores, stores);
  add(stores.one(), {{"abc", "2026-11-22", "", "desktop", 3},
                     {"abc", "2026-11-21", "news.example", "mobile", 5},
                     {"def", "2026-11-21", "", "tool", 1}});
  add(stores.two(), {{"abc", "2026-11-22", "news.example", "crawler", 2}});

  const auto found = stats(stores.one(), "abc");
  CHECK(found.total == 10);
  CHECK(as_text(found.daily) == "2026-11-21=5 2026-11-22=5");
  CHECK(as_text(found.referrers) == "news.example=7 =3");
  CHECK(as_text(found.agents) == "mobile=5 desktop=3 crawler=2");
  CHECK(stats(stores.two(), "def").total == 1);
}

TEST_CASE("a code without clicks has none of anything") {
  FOR_EACH_KIND(ClickStores, stores);
  const auto found = stats(stores.one(), "nothing");
  CHECK(found.total == 0);
  CHECK(found.daily.empty());
  CHECK(found.referrers.empty());
  CHECK(found.agents.empty());
}

TEST_CASE("a batch that is repeated is added once") {
  FOR_EACH_KIND(ClickStores, stores);
  const std::vector<ClickCount> batch{{"abc", "2026-11-22", "", "desktop", 3}};
  const auto add_as = [&](ClickStore& store, ClickBatchId id) {
    REQUIRE(run_task(store.add(batch, id)).has_value());
    return stats(stores.one(), "abc").total;
  };
  constexpr std::uint64_t writer = (std::uint64_t{1} << 63) - 1;
  CHECK(add_as(stores.one(), {writer, 1}) == 3);
  CHECK(add_as(stores.two(), {writer, 1}) == 3);
  CHECK(add_as(stores.one(), {writer, 2}) == 6);
  CHECK(add_as(stores.one(), {writer, 1}) == 6);  // came late
  CHECK(add_as(stores.one(), {writer - 1, 1}) == 9);
  CHECK(add_as(stores.one(), {}) == 12);
  CHECK(add_as(stores.one(), {}) == 15);

  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    ClickStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    const auto added = co_await store.add(batch, ClickBatchId{7, 1});
    if (!added) throw std::runtime_error(added.error().message);
  });
  CHECK(stats(stores.one(), "abc").total == 18);
}

TEST_CASE("no click is lost when several add at once") {
  FOR_EACH_KIND(ClickStores, stores);
  const std::vector<ClickCount> batch{{"abc", "2026-11-22", "a.example", "desktop", 1},
                                      {"abc", "2026-11-22", "b.example", "desktop", 2}};
  run_on_threads(4, [&](std::size_t thread) -> Task<> {
    ClickStore& store = thread % 2 == 0 ? stores.one() : stores.two();
    for (int i = 0; i < 25; ++i) {
      const auto added = co_await store.add(batch);
      if (!added) throw std::runtime_error(added.error().message);
    }
  });
  const auto found = stats(stores.one(), "abc");
  CHECK(found.total == 300);
  CHECK(as_text(found.daily) == "2026-11-22=300");
  CHECK(as_text(found.referrers) == "b.example=200 a.example=100");
}

TEST_CASE("stats show the last 400 days and the 50 referrers with most clicks") {
  FOR_EACH_KIND(ClickStores, stores);
  std::vector<ClickCount> batch;
  for (int i = 0; i < 410; ++i) {
    const std::string number = std::to_string(1000 + i);
    batch.push_back({"abc", "day" + number, i < 60 ? "r" + number : "", "desktop", static_cast<std::uint64_t>(i + 1)});
  }
  add(stores.one(), batch);
  const auto found = stats(stores.one(), "abc");
  REQUIRE(found.daily.size() == 400);
  CHECK(found.daily.front().name == "day1010");
  CHECK(found.daily.back().name == "day1409");
  REQUIRE(found.referrers.size() == 50);
  CHECK(found.referrers.front().name.empty());
  CHECK(found.referrers[1].name == "r1059");
  CHECK(found.total == 410 * 411 / 2);
}

TEST_CASE("referrers beyond the thousandth are added up under one name") {
  FOR_EACH_KIND(ClickStores, stores);
  std::vector<ClickCount> batch;
  for (std::size_t i = 0; i < referrers_kept_max + 50; ++i)
    batch.push_back({"abc", "2026-11-22", "r" + std::to_string(i), "desktop", 1});
  batch.push_back({"abc", "2026-11-22", "r0", "desktop", 100});
  add(stores.one(), batch);
  const auto found = stats(stores.one(), "abc");
  CHECK(found.total == referrers_kept_max + 150);
  REQUIRE(found.referrers.size() >= 2);
  CHECK(found.referrers[0].name == "r0");
  CHECK(found.referrers[0].clicks == 101);
  CHECK(found.referrers[1].name == other_referrers);
  CHECK(found.referrers[1].clicks == 50);
}
