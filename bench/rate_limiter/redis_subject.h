// A store on a real Redis as the subject of a comparison: 64 coroutines of one thread that ask about one key, each
// waiting for its decision before the next.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/core/comparison.h"
#include "rate_limiter/limiter_store_redis.h"

namespace bench::rate_limiter_bench {

inline constexpr int askers = 64;

// Over the Redis at `url`, by one thread. `borrows`: through leases. Values: per_second, commands (for each thousand
// decisions).
std::unique_ptr<Subject> redis_subject(std::string url, rate_limiter::RuleLimit limit, bool borrows);

// A token bucket that refuses nobody.
rate_limiter::RuleLimit wide_limit();

}  // namespace bench::rate_limiter_bench
