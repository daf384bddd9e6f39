// cache_aside's comparisons, in the order they run. Each has its file in bench/cache_aside/.

#pragma once

#include <vector>

#include "bench/core/comparison.h"

namespace bench {

std::vector<Comparison> cache_aside_comparisons();

namespace cache_aside_bench {

Comparison strategies();  // what each costs and how often it is wrong: the table of the study page
Comparison eviction();    // ns per request and hit ratio, by policy
Comparison hit_path();    // CPU per local hit, beside the shortener's redirect
Comparison redis_hit();   // hits a second at the cache's interface, beside redis-benchmark
Comparison locking();     // compare-and-swap beside SELECT … FOR UPDATE
Comparison feed();        // what a post and a read cost Redis, by fan-out
Comparison celebrity();   // how long others' reads take while a celebrity posts
Comparison cold_start();  // whether the server comes back after a flush

}  // namespace cache_aside_bench

}  // namespace bench
