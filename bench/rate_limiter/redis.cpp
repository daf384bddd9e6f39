// How many decisions a second the store makes through Redis, beside what Redis' own benchmark program reaches with the
// same script, key and arguments: how much of Redis our side leaves unused.

#include <cstdio>
#include <stdexcept>

#include "bench/core/environment.h"
#include "bench/rate_limiter/redis_subject.h"
#include "bench/rate_limiter_bench.h"
#include "rate_limiter/redis_scripts.h"

namespace bench::rate_limiter_bench {
namespace {

using namespace rate_limiter;

// Runs `command`, gives what it writes.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string output;
  char piece[4'096];
  for (std::size_t size; (size = std::fread(piece, 1, sizeof piece, pipe.get())) > 0;)
    output.append(piece, size);
  return output;
}

// One connection, 64 requests under way: as our one thread with 64 coroutines.
class RedisBenchmark final : public Subject {
 public:
  RedisBenchmark(std::string program, const std::string& url) : program_(std::move(program)) {
    const auto endpoint = common::redis::parse_endpoint(url).value();
    where_ = " -h " + endpoint.host + " -p " + endpoint.port;
    const common::redis::Script script(check_script(Algorithm::token_bucket));
    const RuleLimit limit = wide_limit();
    const Check check{&limit, "bench", 1};
    const ScriptCall call = check_call({&check, 1}, "");
    command_ = " EVALSHA " + script.sha1() + " 1";
    for (const auto& text : call.keys)
      command_ += " '" + text + "'";
    for (const auto& text : call.arguments)
      command_ += " '" + text + "'";
    Sample made = redis_subject(url, limit, false)
                      ->measure({.warm_up = std::chrono::milliseconds(1), .duration = std::chrono::milliseconds(20)});
    per_second_ = made.values["per_second"];  // and the script is loaded
  }

  Sample measure(const Round& round) override {
    run(round.warm_up);
    per_second_ = run(round.duration);
    Sample sample;
    sample.values["per_second"] = per_second_;
    sample.values["commands"] = 1'000;
    return sample;
  }

 private:
  double run(std::chrono::nanoseconds duration) const {
    const auto requests = std::max<std::uint64_t>(
        1'000, static_cast<std::uint64_t>(per_second_ * static_cast<double>(duration.count()) / 1e9));
    const std::string output = output_of("'" + program_ + "'" + where_ + " -c 1 -P 64 --csv -n " +
                                         std::to_string(requests) + command_ + " 2>&1");
    // "test","rps",… and the next line's second field
    const auto line = output.rfind("\n\"", output.size() - 2);
    const auto begin = line == std::string::npos ? line : output.find("\",\"", line);
    if (begin == std::string::npos) throw std::runtime_error("redis-benchmark said: " + output.substr(0, 200));
    return std::stod(output.substr(begin + 3));
  }

  const std::string program_;
  std::string where_;
  std::string command_;
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
       .prepare =
           [](Environment& environment) {
             return std::make_unique<RedisBenchmark>(environment.program("redis-benchmark").string(),
                                                     environment.service("redis"));
           }},
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
