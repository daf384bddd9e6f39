// A process's feed and its housekeeping over a database in memory that several of them may share: for tests that move
// the clock, and in which queries fail, or something happens while they are made.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache_aside/cache_local.h"
#include "cache_aside/feed.h"
#include "cache_aside/follow_store_memory.h"
#include "cache_aside/id_lists_memory.h"
#include "cache_aside/invalidation_log_memory.h"
#include "cache_aside/maintenance.h"
#include "cache_aside/make_fanout.h"
#include "cache_aside/make_stampede.h"
#include "cache_aside/make_write_policy.h"
#include "cache_aside/post_store_memory.h"
#include "cache_aside/user_store_memory.h"
#include "common/metrics.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

namespace testing {

using namespace std::chrono_literals;
using common::Result;
using common::Task;

// As in memory, but that queries may fail, and that something may happen before they answer.
class FollowsUnderTest final : public cache_aside::FollowStore {
 public:
  explicit FollowsUnderTest(cache_aside::StoreMemory& store) : store_(store) {}

  Task<Result<cache_aside::FollowChange>> follow(std::uint64_t follower, std::uint64_t followee, std::uint64_t fame,
                                                 common::TimePoint now) override {
    return store_.follow(follower, followee, fame, now);
  }
  Task<Result<cache_aside::FollowChange>> unfollow(std::uint64_t follower, std::uint64_t followee,
                                                   common::TimePoint now) override {
    return store_.unfollow(follower, followee, now);
  }
  Task<Result<std::vector<std::uint64_t>>> followers(std::uint64_t user, std::uint64_t after,
                                                     std::size_t limit) override {
    ++followers_asked;
    if (fails) co_return common::Error{common::Failure::unavailable, "the database is away"};
    co_return co_await store_.followers(user, after, limit);
  }
  Task<Result<std::vector<cache_aside::Followee>>> followees(std::uint64_t user) override {
    if (user == fails_for) co_return common::Error{common::Failure::unavailable, "the database is away"};
    auto found = co_await store_.followees(user);
    if (after_followees) co_await after_followees();
    co_return found;
  }
  Task<Result<cache_aside::Fame>> fame(std::uint64_t user) override {
    if (before_fame) co_await before_fame();
    co_return co_await store_.fame(user);
  }

  bool fails = false;
  std::uint64_t fails_for = 0;
  int followers_asked = 0;
  std::function<Task<>()> after_followees;
  std::function<Task<>()> before_fame;

 private:
  cache_aside::FollowStoreMemory store_;
};

class LogUnderTest final : public cache_aside::InvalidationLog {
 public:
  explicit LogUnderTest(cache_aside::StoreMemory& store) : store_(store) {}
  using Rows = std::vector<cache_aside::Invalidation>;
  Task<Result<Rows>> pending(common::TimePoint before, std::size_t limit) override {
    return store_.pending(before, limit);
  }
  Task<Result<void>> settle(std::vector<std::uint64_t> ids) override { return store_.settle(std::move(ids)); }
  Task<Result<Rows>> since(std::uint64_t after, std::size_t limit) override {
    if (fails) co_return common::Error{common::Failure::unavailable, "the database is away"};
    auto found = co_await store_.since(after, limit);
    if (found.has_value()) std::erase_if(*found, [&](const auto& each) { return each.id == invisible; });
    co_return found;
  }
  Task<Result<void>> postpone(std::vector<std::uint64_t> ids, common::TimePoint now) override {
    return store_.postpone(std::move(ids), now);
  }
  Task<Result<std::size_t>> forget(common::TimePoint before, std::size_t limit) override {
    return store_.forget(before, limit);
  }

  bool fails = false;
  std::uint64_t invisible = 0;  // not committed yet, although greater ids are

 private:
  cache_aside::InvalidationLogMemory store_;
};

struct FeedOptions {
  std::string fanout = "write";
  std::uint64_t celebrity_followers = 10'000;
  std::chrono::seconds ttl{60};
};

class FeedUnderTest {
 public:
  using Options = FeedOptions;

  FeedUnderTest(cache_aside::StoreMemory& store, common::ManualClock& at, Options wanted = {})
      : clock(at),
        options(wanted),
        user_store(store),
        post_store(store),
        follows(store),
        log(store),
        lists(clock, {800, wanted.ttl}),
        fanout(cache_aside::make_fanout(wanted.fanout, wanted.ttl)) {
    posts = std::make_unique<cache_aside::Posts>(cache_aside::Posts::Parts{post_store, gate, reads, *policy, clock, 1h},
                                                 [this](const cache_aside::Post& post, std::uint64_t note) {
                                                   posted = {post.id, post.author, note};
                                                 });
  }

  std::uint64_t user() {
    auto made = run_task(user_store.create({0, "Ada", "ada@example.com", 1}, std::nullopt, {false, clock.now()}));
    return std::get<cache_aside::Stored<cache_aside::User>>(*made).row.id;
  }
  void follow(std::uint64_t follower, std::uint64_t followee) {
    const auto done = run_task(feed.follow(follower, followee));
    CHECK((done.has_value() && *done));
  }
  // Delivered when this returns, unless that fails.
  void post(std::uint64_t author) { run_task(create(author, true)); }
  // As by a process that dies before it delivers it.
  void post_and_die(std::uint64_t author) { run_task(create(author, false)); }
  cache_aside::FeedPage page(std::uint64_t reader, std::size_t limit = 20) {
    auto read = run_task(feed.read(reader, *posts, UINT64_MAX, limit));
    REQUIRE(read.has_value());
    return std::move(*read);
  }
  std::size_t count(std::uint64_t reader) { return page(reader).posts.size(); }
  cache_aside::Source source(std::uint64_t reader) { return page(reader).source; }
  std::size_t unsettled() { return run_task(log.pending(common::TimePoint::max(), 100'000))->size(); }

  double hits() const {
    const std::string text = registry.render();
    const std::string name = "=\"hit\"} ";
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
  }

  Task<> create(std::uint64_t author, bool deliver) {
    cache_aside::Post post{0, author, "hello", clock.now(), 1};
    (void)co_await posts->create(std::move(post), std::nullopt);
    const auto executor = co_await common::asio::this_coro::executor;
    if (deliver) feed.deliveries().begin(executor, posted);
  }

  common::ManualClock& clock;
  const Options options;
  common::Metrics registry;
  cache_aside::CacheMetrics metrics{registry};
  cache_aside::StoreGate gate{{}, registry};
  cache_aside::UserStoreMemory user_store;
  cache_aside::PostStoreMemory post_store;
  FollowsUnderTest follows;
  LogUnderTest log;
  cache_aside::CacheLocal cache{clock, {}};
  std::unique_ptr<cache_aside::WritePolicy> policy = cache_aside::make_write_policy(
      "lease", {cache, log, [](common::Duration, Task<>) {},
                [](const std::string&, const cache_aside::Written&) { return cache_aside::Entry{}; }});
  std::unique_ptr<cache_aside::Stampede> stampede = cache_aside::make_stampede(
      "single_flight", {.cache = cache, .guard = cache_aside::Guard::stamp, .locks = nullptr, .clock = clock});
  cache_aside::CacheAside reads{cache, *stampede, cache_aside::Guard::stamp, clock, metrics, {}};
  cache_aside::IdListsMemory lists;
  std::unique_ptr<cache_aside::Fanout> fanout;
  cache_aside::Feed feed{{follows, post_store, gate, reads, lists, *fanout, log, clock},
                         {.celebrity_followers = options.celebrity_followers, .lists = {800, options.ttl}}};
  std::unique_ptr<cache_aside::Posts> posts;
  cache_aside::Delivery posted;  // the last
  int times_lost = 0;
  cache_aside::Maintenance maintenance{{cache, *policy, log, user_store, post_store, feed, gate, clock},
                                       {.hears_by_log = true,
                                        .lost =
                                            [this] {
                                              cache.suspend();
                                              lists.suspend();
                                              ++times_lost;
                                            },
                                        .found =
                                            [this] {
                                              cache.resume();
                                              lists.resume();
                                            }}};
};

}  // namespace testing
