#include "cache_aside/cache_metrics.h"

#include <algorithm>
#include <array>

namespace cache_aside {
namespace {

common::Labels source_labels(std::size_t series) {
  constexpr std::array names = {"hit", "miss", "stale", "coalesced", "negative", "bypass"};
  return {{"source", names[series]}};
}

std::uint64_t nanoseconds(common::Duration time) {
  return static_cast<std::uint64_t>(std::max<common::Duration::rep>(time.count(), 0));
}

}  // namespace

CacheMetrics::CacheMetrics(common::Metrics& metrics)
    : reads_(metrics.per_thread_counter("cache_reads_total", "reads, by where the answer came from", sources,
                                        source_labels)),
      loads_(metrics.per_thread_counter("cache_loads_total", "values loaded from the database to be cached")),
      refused_(metrics.per_thread_counter("cache_puts_refused_total",
                                          "values that the cache did not take: an invalidation or a newer one came "
                                          "first, or it was away")),
      load_time_(metrics.per_thread_histogram("cache_load_seconds", "what a load took", common::latency_buckets())),
      staleness_(metrics.per_thread_histogram("cache_staleness_seconds",
                                              "how long a value had expired when it was served stale",
                                              common::latency_buckets())) {}

void CacheMetrics::loaded(common::Duration time) {
  loads_.add();
  load_time_.observe(0, nanoseconds(time));
}

void CacheMetrics::served_stale(common::Duration age) {
  staleness_.observe(0, nanoseconds(age));
}

}  // namespace cache_aside
