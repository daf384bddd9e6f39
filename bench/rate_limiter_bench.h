// The rate_limiter's comparisons, in the order they run. Each has its file in bench/rate_limiter/.

#pragma once

#include <vector>

#include "bench/core/comparison.h"

namespace bench {

std::vector<Comparison> rate_limiter_comparisons();

namespace rate_limiter_bench {

Comparison decisions();  // ns and bytes of a decision in memory, by algorithm
Comparison check();      // CPU of POST /v1/check, beside the shortener's redirect
Comparison redis();      // decisions a second through Redis, beside redis-benchmark
Comparison borrow();     // how many questions to Redis a hot key costs

}  // namespace rate_limiter_bench

}  // namespace bench
