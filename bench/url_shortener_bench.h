// The url_shortener's comparisons, in the order they run. Each has its file in
// bench/url_shortener/.

#pragma once

#include <vector>

#include "bench/core/comparison.h"

namespace bench {

std::vector<Comparison> url_shortener_comparisons();

namespace url_shortener_bench {

Comparison redirect();          // CPU per redirect: raw epoll, nginx, ours
Comparison redirect_latency();  // its percentiles at a fixed rate

}  // namespace url_shortener_bench

}  // namespace bench
