#include "common/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace common {
namespace {

// One number that is asked for when needed.
class ReadOnScrape final : public prometheus::Collectable {
 public:
  ReadOnScrape(std::string name, std::string help, prometheus::MetricType type, std::function<double()> read,
               const Labels& labels)
      : family_{std::move(name), std::move(help), type, {}}, read_(std::move(read)) {
    prometheus::ClientMetric metric;
    for (const auto& [label, value] : labels)
      metric.label.push_back({label, value});
    family_.metric.push_back(std::move(metric));
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily family = family_;
    family.metric.front().gauge.value = read_();
    family.metric.front().counter.value = family.metric.front().gauge.value;
    return {std::move(family)};
  }

 private:
  prometheus::MetricFamily family_;
  std::function<double()> read_;
};

// Prometheus' data model: metric names, without the colons that are for recording rules.
bool valid_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && (name[0] < '0' || name[0] > '9') && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  claim(name, Kind::counter);
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  claim(name, Kind::gauge);
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                          const std::vector<double>& bounds, const Labels& labels) {
  claim(name, Kind::histogram);
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, bounds);
}

void Metrics::gauge_of(std::string name, std::string help, std::function<double()> read, const Labels& labels) {
  claim(name, Kind::own);
  keep(std::make_unique<ReadOnScrape>(std::move(name), std::move(help), prometheus::MetricType::Gauge, std::move(read),
                                      labels));
}

void Metrics::counter_of(std::string name, std::string help, std::function<double()> read, const Labels& labels) {
  claim(name, Kind::own);
  keep(std::make_unique<ReadOnScrape>(std::move(name), std::move(help), prometheus::MetricType::Counter,
                                      std::move(read), labels));
}

PerThreadCounter& Metrics::per_thread_counter(std::string name, std::string help, std::size_t series,
                                              LabelsOf labels_of) {
  claim(name, Kind::own);
  auto made = std::make_unique<PerThreadCounter>(std::move(name), std::move(help), series, std::move(labels_of));
  PerThreadCounter& counter = *made;
  keep(std::move(made));
  return counter;
}

PerThreadHistogram& Metrics::per_thread_histogram(std::string name, std::string help,
                                                  PerThreadHistogram::Buckets buckets, std::size_t series,
                                                  LabelsOf labels_of) {
  claim(name, Kind::own);
  auto made = std::make_unique<PerThreadHistogram>(std::move(name), std::move(help), std::move(buckets), series,
                                                   std::move(labels_of));
  PerThreadHistogram& histogram = *made;
  keep(std::move(made));
  return histogram;
}

std::string Metrics::render() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& collectable : collectables_) {
      std::vector<prometheus::MetricFamily> more = collectable->Collect();
      std::move(more.begin(), more.end(), std::back_inserter(families));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

void Metrics::claim(const std::string& name, Kind kind) {
  if (!valid_name(name)) throw std::invalid_argument("not a metric name: '" + name + "'");
  const std::lock_guard lock(mutex_);
  const auto [holder, is_new] = claimed_.emplace(name, kind);
  if (is_new || (kind == holder->second && kind != Kind::own)) return;
  throw std::invalid_argument("metric '" + name + "' is there already");
}

void Metrics::keep(std::unique_ptr<prometheus::Collectable> collectable) {
  const std::lock_guard lock(mutex_);
  collectables_.push_back(std::move(collectable));
}

}  // namespace common
