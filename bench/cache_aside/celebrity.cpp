// How long others' reads take while a celebrity posts, beside how long they take when nobody does: one Redis serves
// all, and does nothing else while it pushes.

#include <algorithm>

#include "bench/cache_aside/feed_place.h"
#include "bench/cache_aside_bench.h"
#include "common/runtime/all.h"

namespace bench::cache_aside_bench {
namespace {

using common::Task;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds post_every{20};

class OthersReads final : public Subject {
 public:
  OthersReads(std::string fanout, bool posts, const Environment& environment)
      : fanout_(std::move(fanout)),
        posts_(posts),
        endpoint_(redis_of(environment)),
        redis_(redis_processes(endpoint_)),
        crowd_(Crowd::of(environment.quick())) {}

  Sample measure(const Round& round) override {
    common::Runtime runtime(1);
    FeedPlace place(runtime, fanout_, endpoint_, crowd_);
    std::vector<double> times;
    const auto main = [&]() -> Task<> {
      common::SeededRandom random(3);
      co_await place.warm(random);
      const auto end = Clock::now() + round.duration;
      std::vector<Task<bool>> both;
      both.push_back(read_until(place, end, times));
      if (posts_) both.push_back(post_until(place, end));
      (void)co_await common::all(std::move(both));
      co_await place.forget();
      co_await runtime.shut_down(std::chrono::seconds(5));
    };
    runtime.run(main());
    if (times.empty()) throw std::runtime_error("nothing was read in time");
    std::sort(times.begin(), times.end());
    Sample sample;
    sample.values["p99_ms"] = times[times.size() * 99 / 100];
    sample.values["p50_ms"] = times[times.size() / 2];
    return sample;
  }
  std::vector<pid_t> processes() const override { return redis_; }

 private:
  Task<bool> read_until(FeedPlace& place, Clock::time_point end, std::vector<double>& times) const {
    common::SeededRandom random(4);
    while (Clock::now() < end) {
      const auto began = Clock::now();
      co_await place.read(2 + random.below(FeedPlace::readers));
      times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    co_return true;
  }
  static Task<bool> post_until(FeedPlace& place, Clock::time_point end) {
    while (Clock::now() < end) {
      co_await place.post(1);
      co_await common::sleep_for(post_every);
    }
    co_return true;
  }

  const std::string fanout_;
  const bool posts_;
  const common::redis::Endpoint endpoint_;
  const std::vector<pid_t> redis_;
  Crowd& crowd_;
};

Row row(const std::string& fanout, bool posts) {
  Row made{.id = fanout + (posts ? "_posting" : "_quiet"), .group = fanout};
  made.needs = {"service:redis"};
  made.prepare = [fanout, posts](Environment& environment) {
    return std::make_unique<OthersReads>(fanout, posts, environment);
  };
  return made;
}

}  // namespace

Comparison celebrity() {
  Comparison comparison;
  comparison.id = "cache_aside/celebrity";
  comparison.question = "How long do others' reads take while a celebrity posts?";
  comparison.metrics = {{.id = "p99_ms", .heading = "p99 ms", .unit = "ms for 99 % of others' reads", .decimals = 2},
                        {.id = "p50_ms", .heading = "p50 ms", .unit = "ms for half of others' reads", .decimals = 2}};
  for (const char* fanout : {"write", "read", "hybrid"}) {
    comparison.rows.push_back(row(fanout, false));
    comparison.rows.push_back(row(fanout, true));
  }
  comparison.aims = {{.group = "hybrid", .row = "hybrid_posting", .against = "hybrid_quiet", .bound = 2}};
  comparison.method = {
      "the graph of `feed`; one reader after the other, and a celebrity that posts every 20 ms, or not",
      "a post to all 1,999 followers' feeds is pushed by 10 scripts of 200 lists each"};
  comparison.subject = "hybrid_posting";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(400)};
  comparison.budget = std::chrono::seconds(19);
  return comparison;
}

}  // namespace bench::cache_aside_bench
