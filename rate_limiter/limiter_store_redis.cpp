#include "rate_limiter/limiter_store_redis.h"

#include <algorithm>

#include "rate_limiter/redis_scripts.h"

namespace rate_limiter {
namespace {

using common::Result;
using common::Task;

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

// Never refused, so that each probe writes; no rule can have this name.
RuleLimit probe_limit() {
  return {"(probe)", std::get<Limit>(make_limit(Algorithm::token_bucket, 1'000'000, ticks_per_second))};
}

}  // namespace

LimiterStoreRedis::LimiterStoreRedis(common::redis::Client& redis, const common::Clock* clock)
    : redis_(redis), clock_(clock), look_script_(look_script()), probe_limit_(probe_limit()) {
  for (const auto& each : algorithms)
    scripts_.emplace_back(check_script(each.algorithm));
  scripts_.emplace_back(check_script_of_all());
}

std::string LimiterStoreRedis::now() const {
  return clock_ ? std::to_string(ticks_of(clock_->now())) : std::string();
}

Task<Result<void>> LimiterStoreRedis::run(std::span<const Check> checks, std::span<Decision> decisions,
                                          std::int64_t most, std::int64_t* taken, common::Instant deadline) {
  const Algorithm first = checks[0].limit->limit.algorithm;
  const bool alike = std::all_of(checks.begin(), checks.end(),
                                 [&](const Check& check) { return check.limit->limit.algorithm == first; });
  const auto& script = alike ? scripts_[static_cast<std::size_t>(first)] : scripts_.back();
  const ScriptCall call = check_call(checks, now(), most);
  const auto keys = views(call.keys);
  const auto arguments = views(call.arguments);
  const auto reply = co_await redis_.run_of(script, keys, arguments, deadline);
  if (reply.has_error()) co_return reply.error();
  co_return read_decisions(*reply, checks, decisions, taken);
}

Task<Result<void>> LimiterStoreRedis::check(std::span<const Check> checks, std::span<Decision> decisions) {
  return run(checks, decisions, 0, nullptr, common::Instant::max());
}

Task<Result<void>> LimiterStoreRedis::take(const Check& check, std::int64_t most, Decision& decision,
                                           std::int64_t& taken, common::Instant deadline) {
  return run({&check, 1}, {&decision, 1}, most, &taken, deadline);
}

Task<Result<Snapshot>> LimiterStoreRedis::look(const Check& check) {
  const std::string key = redis_key(check);
  const std::string time = now();
  const auto reply = co_await redis_.run(look_script_, key, time, to_string(check.limit->limit.algorithm));
  if (reply.has_error()) co_return reply.error();
  co_return read_snapshot(*reply, check.limit->limit);
}

Task<Result<void>> LimiterStoreRedis::forget(const Check& check) {
  const std::string key = redis_key(check);
  const auto reply = co_await redis_.command("DEL", key);
  if (reply.has_error()) co_return reply.error();
  co_return Result<void>{};
}

Task<Result<void>> LimiterStoreRedis::prepare() {
  for (const auto& script : scripts_) {
    const auto reply = co_await redis_.command("SCRIPT", "LOAD", script.text());
    // A user who may not load scripts may still run them: the check below tells.
    if (reply.has_error() && reply.error().kind != common::Failure::internal) co_return reply.error();
  }
  const Check probe{&probe_limit_, "probe", 1};
  Decision decision;
  co_return co_await check({&probe, 1}, {&decision, 1});
}

}  // namespace rate_limiter
