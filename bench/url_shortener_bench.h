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
Comparison create();            // durable links a second: the store's writer
Comparison handler_scaling();   // redirects on one thread and two, without sockets
Comparison codes();             // CPU per proposed code, by generator
Comparison collisions();        // codes that are taken already, and the birthday bound

}  // namespace url_shortener_bench

}  // namespace bench
