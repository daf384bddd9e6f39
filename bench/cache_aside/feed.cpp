// What a post and a read of a feed cost a real Redis, by fan-out, on a generated graph: a power law, about 400
// followers each, one celebrity followed by all. Redis counts the commands itself, those inside scripts too.
//
// A post is timed until it is in every follower's feed that it is pushed to (time to visible); feeds are warm.

#include <algorithm>

#include "bench/cache_aside/feed_place.h"
#include "bench/cache_aside_bench.h"

namespace bench::cache_aside_bench {
namespace {

using common::Task;
using Clock = std::chrono::steady_clock;

enum class What { celebrity_post, ordinary_post, read };

// The value of "name:value" in what INFO answers.
double info(const common::redis::Reply& reply, std::string_view name) {
  const auto at = reply.text.find(name);
  if (at == std::string::npos) throw std::runtime_error("Redis does not say " + std::string(name));
  return std::stod(reply.text.substr(at + name.size() + 1));
}

class FeedWork final : public Subject {
 public:
  FeedWork(std::string fanout, What what, const Environment& environment)
      : fanout_(std::move(fanout)),
        what_(what),
        endpoint_(redis_of(environment)),
        redis_(redis_processes(endpoint_)),
        crowd_(Crowd::of(environment.quick())) {}

  Sample measure(const Round&) override {
    common::Runtime runtime(1);
    FeedPlace place(runtime, fanout_, endpoint_, crowd_);
    Sample sample;
    const auto main = [&]() -> Task<> {
      co_await run(place, sample);
      co_await place.forget();
      co_await runtime.shut_down(std::chrono::seconds(5));
    };
    runtime.run(main());
    return sample;
  }
  std::vector<pid_t> processes() const override { return redis_; }

 private:
  Task<> run(FeedPlace& place, Sample& sample) {
    common::SeededRandom random(3);
    co_await place.warm(random);
    const std::uint64_t ordinary = crowd_.graph.ordinary_user();
    const auto one = co_await place.redis().command("INFO", "stats");
    const auto before = co_await place.redis().command("INFO", "stats");  // what asking itself costs is subtracted
    std::vector<double> times;
    const int operations = what_ == What::read ? 300 : what_ == What::ordinary_post ? 100 : 20;
    for (int i = 0; i < operations; ++i) {
      const auto began = Clock::now();
      if (what_ == What::read) co_await place.read(2 + random.below(FeedPlace::readers));
      if (what_ == What::celebrity_post) co_await place.post(1);
      if (what_ == What::ordinary_post) co_await place.post(ordinary);
      times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    const auto after = co_await place.redis().command("INFO", "stats");
    if (one.has_error() || before.has_error() || after.has_error())
      throw std::runtime_error("Redis does not answer INFO");
    const auto rise = [&](std::string_view name) {
      return (info(*after, name) - 2 * info(*before, name) + info(*one, name)) / operations;
    };
    std::sort(times.begin(), times.end());
    sample.values["commands"] = rise("total_commands_processed");
    sample.values["bytes"] = rise("total_net_input_bytes") + rise("total_net_output_bytes");
    sample.values["p50_ms"] = times[times.size() / 2];
    sample.values["p99_ms"] = times[times.size() * 99 / 100];
  }

  const std::string fanout_;
  const What what_;
  const common::redis::Endpoint endpoint_;
  const std::vector<pid_t> redis_;
  Crowd& crowd_;
};

Row row(const std::string& fanout, What what, std::string group) {
  const std::string_view kind = what == What::read             ? "_read"
                                : what == What::celebrity_post ? "_celebrity"
                                                               : "_ordinary";
  Row made{.id = fanout + std::string(kind), .group = std::move(group)};
  made.needs = {"service:redis"};
  made.prepare = [fanout, what](Environment& environment) {
    return std::make_unique<FeedWork>(fanout, what, environment);
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
      {.id = "p99_ms",
       .heading = "p99 ms",
       .unit = "ms for 99 % of the operations; the longest of 20 posts by the celebrity",
       .decimals = 2}};
  for (const auto& [what, group] :
       {std::pair(What::celebrity_post, "a celebrity posts"), std::pair(What::ordinary_post, "somebody posts"),
        std::pair(What::read, "somebody reads")}) {
    for (const char* fanout : {"write", "read", "hybrid"})
      comparison.rows.push_back(row(fanout, what, group));
  }
  comparison.aims = {
      {.group = "a celebrity posts", .row = "hybrid_celebrity", .against = "write_celebrity", .bound = 0.2},
      {.group = "somebody reads", .row = "hybrid_read", .against = "read_read", .bound = 0.2}};
  comparison.method = {
      "2,000 users, each follows about 400, by a power law, and all follow one; feeds and lists warm, 100 of them read",
      "a post is timed until it is in every feed that it is pushed to: the time to visible"};
  comparison.subject = "hybrid_read";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(300)};
  comparison.budget = std::chrono::seconds(16);
  return comparison;
}

}  // namespace bench::cache_aside_bench
