// What the caches count. Names and meanings are those of GET /metrics.

#pragma once

#include "common/clock.h"
#include "common/metrics.h"

namespace cache_aside {

class CacheMetrics {
 public:
  // By X-Cache: hit, miss, stale, coalesced, negative, bypass, in the order of Source.
  static constexpr std::size_t sources = 6;

  // Registers all; `metrics` outlives this.
  explicit CacheMetrics(common::Metrics& metrics);

  // `source`: a Source's number.
  void read(std::size_t source) { reads_.add(source); }
  void loaded(common::Duration time);
  void refused() { refused_.add(); }
  // A value served this long after it had expired.
  void served_stale(common::Duration age);

 private:
  common::PerThreadCounter& reads_;
  common::PerThreadCounter& loads_;
  common::PerThreadCounter& refused_;
  common::PerThreadHistogram& load_time_;
  common::PerThreadHistogram& staleness_;
};

}  // namespace cache_aside
