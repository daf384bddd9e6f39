// How many decisions a second the store makes through Redis, beside what redis-benchmark reaches with the
// same script, key and arguments: how much of Redis our side leaves unused.

#include <algorithm>

#include "bench/baselines/redis_benchmark.h"
#include "bench/baselines/redis_server.h"
#include "bench/core/environment.h"
#include "bench/rate_limiter/redis_subject.h"
#include "bench/rate_limiter_bench.h"
#include "rate_limiter/redis_scripts.h"

namespace bench::rate_limiter_bench {
namespace {

using namespace rate_limiter;

// One connection, 64 requests under way: as our one thread with 64 coroutines.
class SameScript final : public Subject {
 public:
  explicit SameScript(Environment& environment) {
    const std::string url = environment.service("redis");
    const auto endpoint = common::redis::parse_endpoint(url).value();
    processes_ = redis_processes(endpoint);
    benchmark_ = {.program = environment.program("redis-benchmark"),
                  .log = environment.scratch("redis_benchmark") / "log",
                  .endpoint = {.host = endpoint.host, .port = static_cast<std::uint16_t>(std::stoi(endpoint.port))},
                  .command = {"EVALSHA", common::redis::Script(check_script(Algorithm::token_bucket)).sha1(), "1"},
                  .pipeline = 64};
    const RuleLimit limit = wide_limit();
    const Check check{&limit, "bench", 1};
    const ScriptCall call = check_call({&check, 1}, "");
    for (const auto* const words : {&call.keys, &call.arguments})
      benchmark_.command.insert(benchmark_.command.end(), words->begin(), words->end());
    Sample made = redis_subject(url, limit, false)
                      ->measure({.warm_up = std::chrono::milliseconds(1), .duration = std::chrono::milliseconds(20)});
    per_second_ = made.values["per_second"];  // and the script is loaded
  }

  std::vector<pid_t> processes() const override { return processes_; }
  Sample measure(const Round& round) override {
    run(round.warm_up);
    per_second_ = run(round.duration);
    Sample sample;
    sample.values["per_second"] = per_second_;
    return sample;
  }

 private:
  double run(std::chrono::nanoseconds duration) const {
    return benchmark_.run(std::max<std::uint64_t>(
        1'000, static_cast<std::uint64_t>(per_second_ * static_cast<double>(duration.count()) / 1e9)));
  }

  RedisBenchmark benchmark_;
  std::vector<pid_t> processes_;
  double per_second_ = 0;
};

}  // namespace

Comparison redis() {
  Comparison comparison;
  comparison.id = "rate_limiter/redis";
  comparison.question = "How many decisions a second go through one Redis?";
  comparison.metrics = {{.id = "per_second",
                         .heading = "per second",
                         .unit = "decisions a second through Redis",
                         .better = Better::higher,
                         .decimals = 0}};
  comparison.rows = {
      {.id = "redis_benchmark",
       .note = "the same script, pipeline depth 64",
       .needs = {"service:redis", "program:redis-benchmark"},
       .prepare = [](Environment& environment) { return std::make_unique<SameScript>(environment); }},
      {.id = "redis",
       .note = "limiter_store_redis, 64 coroutines",
       .needs = {"service:redis"},
       .prepare =
           [](Environment& environment) { return redis_subject(environment.service("redis"), wide_limit(), false); }},
  };
  comparison.aims = {{.row = "redis", .against = "redis_benchmark", .bound = 0.85}};
  comparison.method = {"one key, token bucket, one client thread and one connection; Redis on the same machine"};
  comparison.subject = "redis";
  comparison.round = {.warm_up = std::chrono::milliseconds(150), .duration = std::chrono::milliseconds(800)};
  comparison.budget = std::chrono::seconds(20);
  return comparison;
}

}  // namespace bench::rate_limiter_bench
