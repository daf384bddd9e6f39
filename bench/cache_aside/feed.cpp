// What a post and a read of a feed cost a real Redis, by fan-out, on a generated graph: a power law, about 400 followers
// each, one celebrity followed by all. Redis counts the commands itself, those inside scripts too.
//
// A post is timed until it is in every follower's feed that it is pushed to (time to visible); feeds are warm.

#include <algorithm>
#include <stdexcept>

#include "bench/cache_aside/follower_graph.h"
#include "bench/cache_aside_bench.h"
#include "bench/core/environment.h"
#include "cache_aside/cache_local.h"
#include "cache_aside/feed.h"
#include "cache_aside/id_lists_redis.h"
#include "cache_aside/invalidation_log_memory.h"
#include "cache_aside/make_fanout.h"
#include "cache_aside/make_write_policy.h"
#include "cache_aside/post_store_memory.h"
#include "cache_aside/stampede_single_flight.h"
#include "common/redis/endpoint.h"

namespace bench::cache_aside_bench {
namespace {

using namespace cache_aside;
using common::Task;
using Clock = std::chrono::steady_clock;

enum class What { celebrity_post, ordinary_post, read };

// The value of "name:value" in what INFO answers.
double info(const common::redis::Reply& reply, std::string_view name) {
  const auto at = reply.text.find(name);
  if (at == std::string::npos) throw std::runtime_error("Redis does not say " + std::string(name));
  return std::stod(reply.text.substr(at + name.size() + 1));
}

const FollowerGraph& graph(bool quick) {
  static const FollowerGraph small(300, 40, 150);
  static const FollowerGraph large(4000, 403, 2000);
  return quick ? small : large;
}

class FeedWork final : public Subject {
 public:
  FeedWork(std::string fanout, What what, common::redis::Endpoint endpoint, bool quick)
      : fanout_(std::move(fanout)), what_(what), endpoint_(std::move(endpoint)), graph_(graph(quick)), quick_(quick) {}

  Sample measure(const Round&) override {
    common::Runtime runtime(1);
    common::Metrics metrics;
    CacheMetrics cache_metrics(metrics);
    ServerRedis server(runtime,
                       {.endpoint = endpoint_,
                        .store = "bench_feed_" + fanout_,
                        .timeout = std::chrono::seconds(5),
                        .settling = std::chrono::seconds(0)},
                       clock_);
    StoreMemory store;
    PostStoreMemory posts_in(store);
    InvalidationLogMemory log(store);
    StoreGate gate({}, metrics);
    CacheLocal cache(clock_, {});
    const auto policy = make_write_policy("lease", {cache, log, [](common::Duration, Task<>) {}, nullptr});
    StampedeSingleFlight stampede(std::chrono::seconds(5));
    CacheAside reads(cache, stampede, policy->guard(), clock_, cache_metrics, {});
    IdListsRedis lists(server, {});
    const auto fanout = make_fanout(fanout_, std::chrono::minutes(5));
    FollowerGraph& follows = const_cast<FollowerGraph&>(graph_);  // its interface could change it; it does not
    Feed feed({follows, posts_in, gate, reads, lists, *fanout, log, clock_}, {});
    Posts posts({posts_in, gate, reads, *policy, clock_, std::chrono::hours(1)}, [](const Post&, std::uint64_t) {});
    for (std::uint64_t user = 1; user <= users(); ++user)
      store.users[user].user.id = user;
    Sample sample;
    const auto main = [&]() -> Task<> {
      while (!server.generation())
        co_await common::sleep_for(std::chrono::milliseconds(1));
      co_await run(server, posts_in, feed, posts, sample);
      co_await runtime.shut_down(std::chrono::seconds(5));
    };
    runtime.run(main());
    return sample;
  }

 private:
  std::uint64_t users() const { return quick_ ? 300 : 4000; }

  Task<> run(ServerRedis& server, PostStore& store, Feed& feed, Posts& posts, Sample& sample) {
    common::SeededRandom random(3);
    const std::uint64_t author = what_ == What::celebrity_post ? 1 : graph_.ordinary_user();
    for (int i = 0; i < 200; ++i)
      co_await post(store, 1 + random.below(users()));
    for (std::uint64_t user = 2; user <= users(); ++user)  // warm
      (void)co_await feed.read(user, posts, UINT64_MAX, 20);
    const auto before = co_await server.command("INFO");
    std::vector<double> times;
    const int operations = what_ == What::celebrity_post ? 5 : 100;
    for (int i = 0; i < operations; ++i) {
      const auto began = Clock::now();
      if (what_ == What::read) {
        const auto page = co_await feed.read(2 + random.below(users() - 1), posts, UINT64_MAX, 20);
        if (page.has_error() || page->posts.empty()) throw std::runtime_error("a feed is empty");
      } else {
        const std::uint64_t id = co_await post(store, author);
        const bool delivered = co_await feed.deliver(id, author, 0);
        if (!delivered) throw std::runtime_error("a post was not delivered");
      }
      times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    const auto after = co_await server.command("INFO");
    if (before.has_error() || after.has_error()) throw std::runtime_error("Redis does not answer INFO");
    const auto rise = [&](std::string_view name) { return (info(*after, name) - info(*before, name)) / operations; };
    std::sort(times.begin(), times.end());
    sample.values["commands"] = rise("total_commands_processed");
    sample.values["bytes"] = rise("total_net_input_bytes") + rise("total_net_output_bytes");
    sample.values["p50_ms"] = times[times.size() / 2];
    sample.values["p99_ms"] = times[times.size() * 99 / 100];
  }

  Task<std::uint64_t> post(PostStore& store, std::uint64_t author) {
    const Post wanted{0, author, "something that was said, about as long as such things are", clock_.now(), 1};
    const Change change{false, clock_.now()};
    const auto created = co_await store.create(wanted, std::nullopt, change);
    if (created.has_error()) throw std::runtime_error("no post was made");
    const auto* const stored = std::get_if<Stored<Post>>(&*created);
    if (!stored) throw std::runtime_error("no post was made");
    co_return stored->row.id;
  }

  const std::string fanout_;
  const What what_;
  const common::redis::Endpoint endpoint_;
  const FollowerGraph& graph_;
  const bool quick_;
  common::SystemClock clock_;
};

Row row(const std::string& fanout, What what, std::string group) {
  Row made{.id = fanout + "_" +
                 (what == What::read             ? "read"
                  : what == What::celebrity_post ? "celebrity"
                                                 : "ordinary"),
           .group = std::move(group)};
  made.needs = {"service:redis"};
  made.prepare = [fanout, what](Environment& environment) {
    return std::make_unique<FeedWork>(fanout, what, common::redis::parse_endpoint(environment.service("redis")).value(),
                                      environment.quick());
  };
  return made;
}

}  // namespace

Comparison feed() {
  Comparison comparison;
  comparison.id = "cache_aside/feed";
  comparison.question = "What does a feed cost Redis, by fan-out?";
  comparison.metrics = {
      {.id = "commands", .heading = "commands", .unit = "commands of Redis per operation", .decimals = 1},
      {.id = "bytes", .heading = "bytes", .unit = "bytes to and from Redis per operation", .decimals = 0},
      {.id = "p50_ms", .heading = "p50 ms", .unit = "ms for half of the operations", .decimals = 2},
      {.id = "p99_ms", .heading = "p99 ms", .unit = "ms for 99 % of the operations", .decimals = 2}};
  for (const auto& [what, group] :
       {std::pair(What::celebrity_post, "a celebrity posts"), std::pair(What::ordinary_post, "somebody posts"),
        std::pair(What::read, "somebody reads")}) {
    for (const char* fanout : {"write", "read", "hybrid"})
      comparison.rows.push_back(row(fanout, what, group));
  }
  comparison.aims = {
      {.group = "a celebrity posts", .row = "hybrid_celebrity", .against = "write_celebrity", .bound = 0.2},
      {.group = "somebody reads", .row = "hybrid_read", .against = "read_read", .bound = 0.2}};
  comparison.method = {"4,000 users, each follows about 400, by a power law, and all follow one; feeds and lists warm",
                       "a post is timed until it is in every feed that it is pushed to: the time to visible"};
  comparison.subject = "hybrid_read";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(300)};
  comparison.budget = std::chrono::seconds(35);
  return comparison;
}

}  // namespace bench::cache_aside_bench
