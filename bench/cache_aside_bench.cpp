#include "bench/cache_aside_bench.h"

namespace bench {

std::vector<Comparison> cache_aside_comparisons() {
  using namespace cache_aside_bench;
  return {strategies(), eviction(), hit_path(), redis_hit(), locking(), feed(), celebrity(), cold_start()};
}

}  // namespace bench
