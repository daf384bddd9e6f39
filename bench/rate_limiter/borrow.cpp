// What borrowing saves: questions to Redis for a thousand decisions about one hot key.

#include "bench/core/environment.h"
#include "bench/rate_limiter/redis_subject.h"
#include "bench/rate_limiter_bench.h"

namespace bench::rate_limiter_bench {

Comparison borrow() {
  Comparison comparison;
  comparison.id = "rate_limiter/borrow";
  comparison.question = "How many questions to Redis do a thousand decisions about one hot key cost?";
  comparison.metrics = {
      {.id = "commands", .heading = "commands", .unit = "commands to Redis for 1,000 decisions", .decimals = 3},
      {.id = "per_second",
       .heading = "per second",
       .unit = "decisions a second",
       .better = Better::higher,
       .decimals = 0},
  };
  const auto row = [](std::string id, const char* group, const rate_limiter::RuleLimit& limit, bool borrows) {
    return Row{
        .id = std::move(id), .group = group, .needs = {"service:redis"}, .prepare = [=](Environment& environment) {
          return redis_subject(environment.service("redis"), limit, borrows);
        }};
  };
  using namespace rate_limiter;
  const RuleLimit shut{"bench_shut", std::get<Limit>(make_limit(Algorithm::token_bucket, 5, 3'600 * ticks_per_second))};
  comparison.rows = {
      row("redis", "all admitted", wide_limit(), false), row("borrow_redis", "all admitted", wide_limit(), true),
      row("redis", "nearly all refused", shut, false), row("borrow_redis", "nearly all refused", shut, true)};
  comparison.aims = {{.group = "all admitted", .row = "borrow_redis", .against = "redis", .bound = 0.05},
                     {.group = "nearly all refused", .row = "borrow_redis", .against = "redis", .bound = 0.05}};
  comparison.method = {"64 coroutines of one thread, one key; Redis on the same machine"};
  comparison.subject = "borrow_redis";
  comparison.round = {.warm_up = std::chrono::milliseconds(100), .duration = std::chrono::milliseconds(400)};
  comparison.budget = std::chrono::seconds(15);
  return comparison;
}

}  // namespace bench::rate_limiter_bench
