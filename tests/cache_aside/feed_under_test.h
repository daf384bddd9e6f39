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
                                                 common::TimePoint now) override;
  Task<Result<cache_aside::FollowChange>> unfollow(std::uint64_t follower, std::uint64_t followee,
                                                   common::TimePoint now) override;
  Task<Result<std::vector<std::uint64_t>>> followers(std::uint64_t user, std::uint64_t after,
                                                     std::size_t limit) override;
  Task<Result<std::vector<cache_aside::Followee>>> followees(std::uint64_t user) override;
  Task<Result<cache_aside::Fame>> fame(std::uint64_t user) override;

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
  Task<Result<Rows>> pending(common::TimePoint before, std::size_t limit) override;
  Task<Result<void>> settle(std::vector<std::uint64_t> ids) override;
  Task<Result<Rows>> since(std::uint64_t after, std::size_t limit) override;
  Task<Result<void>> postpone(std::vector<std::uint64_t> ids, common::TimePoint now) override;
  Task<Result<std::size_t>> forget(common::TimePoint before, std::size_t limit) override;

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

  FeedUnderTest(cache_aside::StoreMemory& store, common::ManualClock& at, Options wanted = {});
  ~FeedUnderTest();

  std::uint64_t user();
  void follow(std::uint64_t follower, std::uint64_t followee);
  // Delivered when this returns, unless that fails.
  void post(std::uint64_t author) { run_task(create(author, true)); }
  // As by a process that dies before it delivers it.
  void post_and_die(std::uint64_t author) { run_task(create(author, false)); }
  cache_aside::FeedPage page(std::uint64_t reader, std::size_t limit = 20);
  std::size_t count(std::uint64_t reader) { return page(reader).posts.size(); }
  cache_aside::Source source(std::uint64_t reader) { return page(reader).source; }
  std::size_t unsettled();
  double hits() const;

  Task<> create(std::uint64_t author, bool deliver);

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
