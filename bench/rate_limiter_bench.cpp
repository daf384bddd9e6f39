#include "bench/rate_limiter_bench.h"

namespace bench {

std::vector<Comparison> rate_limiter_comparisons() {
  using namespace rate_limiter_bench;
  return {decisions(), check(), redis(), borrow()};
}

}  // namespace bench
