// A feed over a real Redis, on a generated graph of followers; everything else is in this process's memory, so that
// what is counted is Redis' work alone.

#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/cache_aside/follower_graph.h"
#include "bench/cache_aside/services.h"
#include "bench/core/environment.h"
#include "cache_aside/cache_local.h"
#include "cache_aside/feed.h"
#include "cache_aside/id_lists_redis.h"
#include "cache_aside/invalidation_log_memory.h"
#include "cache_aside/make_fanout.h"
#include "cache_aside/make_write_policy.h"
#include "cache_aside/post_store_memory.h"
#include "cache_aside/stampede_single_flight.h"
#include "common/runtime/all.h"

namespace bench::cache_aside_bench {

// 2,000 users, each follows about 400, by a power law, and all follow user 1, the only celebrity. Small, for smoke
// runs: 300 and 40.
struct Crowd {
  std::uint64_t users;
  FollowerGraph graph;

  explicit Crowd(bool small) : users(small ? 300 : 2000), graph(users, small ? 40 : 403, users - 1) {}
  static Crowd& of(bool small) {
    static Crowd few(true);
    if (small) return few;
    static Crowd many(false);
    return many;
  }
};

// Lives as long as its runtime runs.
class FeedPlace {
 public:
  FeedPlace(common::Runtime& runtime, const std::string& fanout, const common::redis::Endpoint& endpoint, Crowd& crowd)
      : crowd_(crowd),
        store_name_("bench_feed_" + std::to_string(common::thread_random().next())),
        warmed_(fanout == "read" ? readers : crowd.users - 1),
        cache_metrics_(metrics_),
        server_(runtime,
                {.endpoint = endpoint,
                 .store = store_name_,
                 .timeout = std::chrono::seconds(5),
                 .settling = std::chrono::seconds(0)},
                clock_),
        fanout_(cache_aside::make_fanout(fanout, std::chrono::minutes(5))) {
    for (std::uint64_t user = 1; user <= crowd.users; ++user)
      store_.users[user].user.id = user;
  }

  static constexpr std::uint64_t readers = 100;  // users 2 to 101 read

  cache_aside::ServerRedis& redis() { return server_; }

  // When Redis is there: some posts by everybody, and all feeds cached; where none are pushed to, the readers'.
  common::Task<> warm(common::Random& random) {
    while (!server_.generation())
      co_await common::sleep_for(std::chrono::milliseconds(1));
    for (int i = 0; i < 200; ++i)
      (void)co_await write(1 + random.below(crowd_.users));
    constexpr std::uint64_t at_once = 50;
    for (std::uint64_t first = 2; first < 2 + warmed_; first += at_once) {
      std::vector<common::Task<bool>> reads;
      for (std::uint64_t user = first; user < std::min(first + at_once, 2 + warmed_); ++user)
        reads.push_back(has_read(user));
      (void)co_await common::all(std::move(reads));
    }
  }

  // Its lists are nobody's any more.
  common::Task<> forget() {
    static const common::redis::Script script(R"(
local keys = redis.call('KEYS', ARGV[1])
for i = 1, #keys do redis.call('UNLINK', keys[i]) end
return #keys
)");
    const std::string pattern = "*cache_aside:" + store_name_ + ":*";
    std::vector<std::string_view> arguments(1, pattern);
    const auto done = co_await server_.run(script, std::vector<std::string_view>(), std::move(arguments));
    if (done.has_error()) throw std::runtime_error("the lists were not deleted: " + done.error().message);
  }

  common::Task<> read(std::uint64_t user) {
    const auto page = co_await feed_.read(user, posts_, UINT64_MAX, 20);
    if (page.has_error() || page->posts.empty()) throw std::runtime_error("a feed is empty");
  }

  // Until it is in every feed that it is pushed to.
  common::Task<> post(std::uint64_t author) {
    const std::uint64_t id = co_await write(author);
    const bool delivered = co_await feed_.deliver(id, author, 0);
    if (!delivered) throw std::runtime_error("a post was not delivered");
  }

 private:
  common::Task<bool> has_read(std::uint64_t user) {
    co_await read(user);
    co_return true;
  }
  common::Task<std::uint64_t> write(std::uint64_t author) {
    const cache_aside::Post wanted{0, author, "something that was said, about as long as such things are", clock_.now(),
                                   1};
    const cache_aside::Change change{false, clock_.now()};
    const auto created = co_await posts_in_.create(wanted, std::nullopt, change);
    if (created.has_error()) throw std::runtime_error("no post was made");
    const auto* const stored = std::get_if<cache_aside::Stored<cache_aside::Post>>(&*created);
    if (!stored) throw std::runtime_error("no post was made");
    co_return stored->row.id;
  }

  Crowd& crowd_;
  const std::string store_name_;  // of nobody else: ids begin at 1 again
  const std::uint64_t warmed_;
  common::SystemClock clock_;
  common::Metrics metrics_;
  cache_aside::CacheMetrics cache_metrics_;
  cache_aside::ServerRedis server_;
  cache_aside::StoreMemory store_;
  cache_aside::PostStoreMemory posts_in_{store_};
  cache_aside::InvalidationLogMemory log_{store_};
  cache_aside::StoreGate gate_{{}, metrics_};
  cache_aside::CacheLocal cache_{clock_, {}};
  std::unique_ptr<cache_aside::WritePolicy> policy_ =
      cache_aside::make_write_policy("lease", {cache_, log_, [](common::Duration, common::Task<>) {}, nullptr});
  cache_aside::StampedeSingleFlight stampede_{std::chrono::seconds(5)};
  cache_aside::CacheAside reads_{cache_, stampede_, policy_->guard(), clock_, cache_metrics_, {}};
  cache_aside::IdListsRedis lists_{server_, {}};
  std::unique_ptr<cache_aside::Fanout> fanout_;
  cache_aside::Feed feed_{{crowd_.graph, posts_in_, gate_, reads_, lists_, *fanout_, log_, clock_}, {}};
  cache_aside::Posts posts_{{posts_in_, gate_, reads_, *policy_, clock_, std::chrono::hours(1)},
                            [](const cache_aside::Post&, std::uint64_t) {}};
};

}  // namespace bench::cache_aside_bench
