#include "bench/url_shortener_bench.h"

namespace bench {

std::vector<Comparison> url_shortener_comparisons() {
  using namespace url_shortener_bench;
  return {redirect(), redirect_latency(), handler_scaling(), create(), generators(), codes(), collisions(),
          fill(),     code_length(),      guesses(),         lost(),   engines(),    scale()};
}

}  // namespace bench
