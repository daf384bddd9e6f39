// A feed in one process, with the clock in the test's hand: what expires, who pushes, what a page says of itself, and
// what comes in between. The same through the real program: tests/cache_aside_processes/feed_test.cpp.

#include "tests/cache_aside/feed_under_test.h"

using namespace cache_aside;
using testing::FeedUnderTest;
using namespace std::chrono_literals;
using common::Task;

TEST_CASE("a list that expires is rebuilt, and a page says whether the database was needed") {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest test(database, clock);
  const auto reader = test.user();
  const auto author = test.user();
  testing::run_task(test.maintenance.hear_once());
  test.follow(reader, author);
  test.post(author);
  CHECK(test.source(reader) == Source::miss);
  CHECK(test.source(reader) == Source::hit);
  test.post(author);  // its id is pushed, but the post itself is not cached
  CHECK(test.page(reader).posts.size() == 2);
  test.post(author);
  const auto page = test.page(reader);
  CHECK(page.posts.size() == 3);
  CHECK(page.source == Source::miss);
  CHECK(test.source(reader) == Source::hit);
  clock.advance(61s);
  CHECK(test.source(reader) == Source::miss);
  CHECK(test.source(reader) == Source::hit);
  CHECK(test.count(reader) == 3);
}

TEST_CASE("a celebrity's posts are pushed while readers may not know, then no longer, and none is missing") {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest test(database, clock, {.fanout = "hybrid", .celebrity_followers = 2});
  testing::run_task(test.maintenance.hear_once());
  const auto early = test.user();
  const auto late = test.user();
  const auto star = test.user();
  test.follow(early, star);
  test.post(star);
  CHECK(test.count(early) == 1);  // and caches whom it follows: nobody famous
  test.follow(late, star);
  for (int minutes = 0; minutes < 5; ++minutes) {
    INFO(minutes);
    const int asked = test.follows.followers_asked;
    test.post(star);
    CHECK(test.follows.followers_asked - asked == (minutes < 2 ? 1 : 0));  // twice the time to live
    const auto posts = static_cast<std::size_t>(minutes) + 2;
    CHECK(test.count(early) == posts);
    CHECK(test.count(late) == posts);
    clock.advance(30s);
    CHECK(test.count(early) == posts);
    clock.advance(30s);
  }
}

TEST_CASE("a rebuild for a reader whose followees are out of date by then does not hide whom it follows since") {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest test(database, clock);
  testing::run_task(test.maintenance.hear_once());
  const auto reader = test.user();
  const auto one = test.user();
  const auto other = test.user();
  test.follow(reader, one);
  test.post(one);
  test.post(other);
  bool followed = false;
  test.follows.after_followees = [&]() -> Task<> {
    if (std::exchange(followed, true)) co_return;
    co_await test.feed.follow(reader, other);
  };
  test.page(reader);
  CHECK(test.count(reader) == 2);
  CHECK(test.source(reader) == Source::hit);
}

TEST_CASE("a page that is full looks for the next one by pages, not post by post") {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest test(database, clock);
  testing::run_task(test.maintenance.hear_once());
  const auto reader = test.user();
  const auto author = test.user();
  test.follow(reader, author);
  for (int i = 0; i < 60; ++i)
    test.post(author);
  CHECK(test.count(reader) == 20);
  for (std::uint64_t id = 2; id <= 40; ++id)
    testing::run_task(test.posts->remove(id, std::nullopt));
  const double before = test.hits();
  const auto page = test.page(reader);
  CHECK(page.posts.size() == 20);
  CHECK(page.next > 1);
  CHECK(test.hits() - before <= 20 + 3);  // its posts, and in each of three rounds whom it follows
}

TEST_CASE("warming rebuilds what recent readers will want, also behind one for whom it fails") {
  StoreMemory database;
  common::ManualClock clock;
  FeedUnderTest test(database, clock);
  testing::run_task(test.maintenance.hear_once());
  const auto author = test.user();
  std::vector<std::uint64_t> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(test.user());
    test.follow(readers.back(), author);
  }
  test.post(author);
  for (const auto reader : readers)
    test.page(reader);
  CHECK(testing::run_task(test.feed.warm()) == 0);  // all of it is warm
  clock.advance(59s);
  test.page(readers[1]);
  test.page(readers[2]);
  clock.advance(2s);
  CHECK(testing::run_task(test.feed.warm()) == 2);  // the first has not read for too long
  CHECK(test.source(readers[1]) == Source::hit);
  CHECK(test.source(readers[0]) == Source::miss);
  clock.advance(59s);
  for (const auto reader : readers)
    test.page(reader);
  clock.advance(2s);
  test.cache.clear();
  test.follows.fails_for = readers[0];
  CHECK(testing::run_task(test.feed.warm()) == 2);
}

TEST_CASE("only so many deliveries are under way, the others wait in line, and each is done once") {
  int under_way = 0;
  int most = 0;
  int done = 0;
  Deliveries deliveries([&](Delivery) -> Task<bool> {
    most = std::max(most, ++under_way);
    co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
    --under_way;
    ++done;
    co_return true;
  });
  const auto begin_all = [&]() -> Task<> {
    const auto executor = co_await common::asio::this_coro::executor;
    for (std::uint64_t post = 1; post <= 100; ++post) {
      CHECK(deliveries.begin(executor, {post, 1, post + 1000}));
      CHECK_FALSE(deliveries.begin(executor, {post, 1, post + 1000}));
    }
    CHECK(deliveries.size() == 100);
    CHECK(deliveries.notes().size() == 100);
    CHECK(deliveries.has_begun(100));
    CHECK_FALSE(deliveries.has_done(100));
    for (std::uint64_t post = 101; deliveries.begin(executor, {post, 1, post}); ++post) {
    }
  };
  testing::run_task(begin_all());
  CHECK(most == Deliveries::at_a_time);
  CHECK(done == Deliveries::at_a_time + Deliveries::line_max);
  CHECK(deliveries.size() == 0);
  CHECK(deliveries.has_done(100));
}

TEST_CASE("a fan-out takes its place in the line of the database, and is counted as housekeeping") {
  common::Metrics metrics;
  StoreGate gate({.concurrency = 1}, metrics);
  std::string order;
  const auto query = [&order](char name) -> Task<common::Result<int>> {
    order += name;
    co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
    order += static_cast<char>(name - 'a' + 'A');
    co_return 1;
  };
  std::vector<Task<>> tasks;
  const auto enter = [&](char name, bool request) -> Task<> {
    if (request) {
      (void)co_await gate.run([&] { return query(name); });
    } else {
      (void)co_await gate.work([&] { return query(name); });
    }
  };
  tasks.push_back(enter('a', true));
  tasks.push_back(enter('b', false));
  tasks.push_back(enter('c', true));
  testing::run_tasks(std::move(tasks));
  CHECK(order == "aAbBcC");
  const std::string text = metrics.render();
  CHECK(text.find("\ndatabase_queries_total 2") != std::string::npos);
  CHECK(text.find("\ndatabase_maintenance_queries_total 1") != std::string::npos);
}
