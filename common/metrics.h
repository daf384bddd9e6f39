// What a server counts, in the format that Prometheus reads at GET /metrics.
//
//   Metrics metrics;
//   auto& hits = metrics.counter("cache_hits_total", "reads the cache answered", {{"tier", "1"}});
//   hits.Increment();
//
// prometheus-cpp's counters, gauges and histograms for most things (a locked instruction or a mutex
// each), per-thread ones (metrics_per_thread.h) for what happens on every request. Labels are route
// templates, enum names and the like: never anything that a client sends.
//
// Thread-safe. What is returned by reference lives as long as the Metrics. Names follow Prometheus'
// rules: snake_case, base units (seconds, bytes), counters end in _total. A bad name, or one taken
// by another kind, throws std::invalid_argument.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/metrics_per_thread.h"

namespace common {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Asking twice for the same name and labels gives the same object.
  prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});

  // `bounds`: ascending, in the unit of the name.
  prometheus::Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                   const Labels& labels = {});

  // A value that somebody else keeps, read at scrape time. `read` may be called from any thread and
  // must outlive this. Each name once.
  void gauge_of(std::string name, std::string help, std::function<double()> read, const Labels& labels = {});
  void counter_of(std::string name, std::string help, std::function<double()> read, const Labels& labels = {});

  // One series without labels by default. Each name once.
  PerThreadCounter& per_thread_counter(std::string name, std::string help, std::size_t series = 1,
                                       LabelsOf labels_of = no_labels);
  PerThreadHistogram& per_thread_histogram(std::string name, std::string help, PerThreadHistogram::Buckets buckets,
                                           std::size_t series = 1, LabelsOf labels_of = no_labels);

  // Everything, as text/plain; version=0.0.4 (the Prometheus text exposition format).
  std::string render() const;

 private:
  static Labels no_labels(std::size_t) { return {}; }
  enum class Kind { counter, gauge, histogram, own };
  void claim(const std::string& name, Kind kind);
  void keep(std::unique_ptr<prometheus::Collectable> collectable);

  prometheus::Registry registry_;
  mutable std::mutex mutex_;  // guards the two below
  std::vector<std::unique_ptr<prometheus::Collectable>> collectables_;
  std::map<std::string, Kind> claimed_;
};

}  // namespace common
