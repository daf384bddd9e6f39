#include "bench/notifier_bench.h"

namespace bench {

std::vector<Comparison> notifier_comparisons() {
  using namespace notifier_bench;
  return {broadcast(), guarantees()};
}

}  // namespace bench
