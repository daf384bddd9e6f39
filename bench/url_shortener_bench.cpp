#include "bench/url_shortener_bench.h"

namespace bench {

std::vector<Comparison> url_shortener_comparisons() {
  using namespace url_shortener_bench;
  return {redirect(), redirect_latency(), create(), handler_scaling(), codes(), collisions()};
}

}  // namespace bench
