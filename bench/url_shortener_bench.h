// The url_shortener's comparisons, in the order they run. Each has its file in
// bench/url_shortener/.

#pragma once

#include <vector>

#include "bench/core/comparison.h"

namespace bench {

std::vector<Comparison> url_shortener_comparisons();

namespace url_shortener_bench {

Comparison redirect();          // CPU per redirect: raw epoll, nginx, ours, ours without a cache
Comparison redirect_latency();  // its percentiles at a fixed rate
Comparison handler_scaling();   // redirects on one thread and two, without sockets
Comparison create();            // durable links a second: the store's writer
Comparison generators();        // links a second, by generator, store and number of clients
Comparison codes();             // CPU per proposed code, by generator
Comparison collisions();        // codes that are taken already, and the birthday bound
Comparison fill();              // retries as the code space fills up
Comparison code_length();       // characters of a code at 10^3 to 10^12 links
Comparison guesses();           // until a stranger hits one of a million links
Comparison lost();              // codes that a crash loses
Comparison engines();           // our clients of PostgreSQL and Redis, beside the engines' own load generators
Comparison scale();             // latencies at 10^4 and at 10^6 links, and with 10 million clicks

}  // namespace url_shortener_bench

}  // namespace bench
