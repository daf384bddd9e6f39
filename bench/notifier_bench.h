// The notifier's comparisons, in the order they run. Each has its file in bench/notifier/.

#pragma once

#include <vector>

#include "bench/core/comparison.h"

namespace bench {

std::vector<Comparison> notifier_comparisons();

namespace notifier_bench {

Comparison broadcast();   // cost per user for 10^4, 10^5 and 10^6; on Kafka beside librdkafka's own loop
Comparison guarantees();  // exactly, at least and at most once, under the same kills

}  // namespace notifier_bench

}  // namespace bench
