#include "common/metrics.h"

#include <limits>
#include <thread>

#include "tests/support/catch.h"

using namespace common;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("counters, gauges and histograms are shown in Prometheus' text format") {
  Metrics metrics;
  metrics.counter("cache_hits_total", "reads answered by the cache", {{"tier", "local"}}).Increment();
  metrics.gauge("connections_open", "connections open now").Set(3);
  metrics.histogram("size_bytes", "sizes", {1, 10}).Observe(5);
  const std::string text = metrics.render();
  for (const char* line :
       {"# HELP cache_hits_total reads answered by the cache", "# TYPE cache_hits_total counter",
        "cache_hits_total{tier=\"local\"} 1", "# TYPE connections_open gauge", "connections_open 3",
        "# TYPE size_bytes histogram", "size_bytes_count 1", "size_bytes_sum 5", "size_bytes_bucket{le=\"1\"} 0",
        "size_bytes_bucket{le=\"10\"} 1", "size_bytes_bucket{le=\"+Inf\"} 1"}) {
    INFO(line << "\nin\n" << text);
    REQUIRE(has_line(text, line));
  }
}

TEST_CASE("the same name and labels give the same counter") {
  Metrics metrics;
  auto& a = metrics.counter("a_total", "a", {{"x", "1"}});
  REQUIRE(&metrics.counter("a_total", "a", {{"x", "1"}}) == &a);
  REQUIRE(&metrics.counter("a_total", "a", {{"x", "2"}}) != &a);
}

TEST_CASE("a value that somebody else keeps is read at each scrape") {
  Metrics metrics;
  double depth = 1;
  metrics.gauge_of("queue_depth", "waiting", [&] { return depth; });
  metrics.counter_of("drops_total", "dropped", [&] { return depth * 10; }, {{"why", "full"}});
  REQUIRE(has_line(metrics.render(), "queue_depth 1"));
  depth = 2;
  const std::string text = metrics.render();
  REQUIRE(has_line(text, "queue_depth 2"));
  REQUIRE(has_line(text, "# TYPE drops_total counter"));
  REQUIRE(has_line(text, "drops_total{why=\"full\"} 20"));
}

TEST_CASE("a bad metric name, or a name taken, is a mistake") {
  Metrics metrics;
  metrics.per_thread_counter("a_total", "a");
  REQUIRE_THROWS_AS(metrics.per_thread_counter("a_total", "a"), std::invalid_argument);
  REQUIRE_THROWS_AS(metrics.gauge_of("a_total", "a", [] { return 0.0; }), std::invalid_argument);
  REQUIRE_THROWS_AS(metrics.counter("a_total", "a"), std::invalid_argument);
  metrics.counter("b_total", "b");
  REQUIRE_THROWS_AS(metrics.gauge("b_total", "b"), std::invalid_argument);
  REQUIRE_THROWS_AS(metrics.per_thread_counter("b_total", "b"), std::invalid_argument);
  for (const char* bad : {"", "9a", "a-b", "a b", "a\n"}) {
    REQUIRE_THROWS_AS(metrics.per_thread_counter(bad, "x"), std::invalid_argument);
  }
}

TEST_CASE("a per-thread counter shows the sum of its threads, and zeros") {
  Metrics metrics;
  auto& counter = metrics.per_thread_counter("events_total", "events", 2, [](std::size_t series) {
    return Labels{{"kind", series == 0 ? "good" : "bad"}};
  });
  std::thread other([&] { counter.add(0, 5); });
  counter.add(0);
  other.join();
  REQUIRE(counter.value(0) == 6);
  const std::string text = metrics.render();
  REQUIRE(has_line(text, "events_total{kind=\"good\"} 6"));
  REQUIRE(has_line(text, "events_total{kind=\"bad\"} 0"));
}

TEST_CASE("a per-thread histogram puts each value into the first bucket whose bound it does not pass") {
  PerThreadHistogram histogram("h", "h", {{10, 20}, 1}, 1, [](std::size_t) { return Labels{}; });
  for (const std::uint64_t value : {0, 10, 11, 20, 21, 1000})
    histogram.observe(0, value);
  const auto total = histogram.snapshot(0);
  REQUIRE(total.buckets == std::vector<std::uint64_t>{2, 2, 2});
  REQUIRE(total.count == 6);
  REQUIRE(total.sum == 1062);
}

TEST_CASE("a per-thread histogram shows only the series that were observed, in the scaled unit") {
  Metrics metrics;
  auto& histogram = metrics.per_thread_histogram("http_server_request_duration_seconds", "time to answer",
                                                 latency_buckets(), 10'000, [](std::size_t series) {
                                                   return Labels{{"http_route", "/r" + std::to_string(series)}};
                                                 });
  histogram.observe(7, 3'000'000);
  const std::string text = metrics.render();
  INFO(text);
  const std::string name = "http_server_request_duration_seconds";
  REQUIRE(has_line(text, name + "_count{http_route=\"/r7\"} 1"));
  REQUIRE(text.find(name + "_sum{http_route=\"/r7\"} 0.003") != std::string::npos);
  REQUIRE(has_line(text, name + "_bucket{http_route=\"/r7\",le=\"0.005\"} 1"));
  REQUIRE(has_line(text, name + "_bucket{http_route=\"/r7\",le=\"0.0001\"} 0"));
  REQUIRE(has_line(text, name + "_bucket{http_route=\"/r7\",le=\"0.0025\"} 0"));
  REQUIRE(has_line(text, name + "_bucket{http_route=\"/r7\",le=\"10\"} 1"));
  REQUIRE(text.find("/r6") == std::string::npos);
}

TEST_CASE("what several threads observed of one series is one series") {
  PerThreadHistogram histogram("h", "h", {{10}, 1}, 3, [](std::size_t series) {
    return Labels{{"series", std::to_string(series)}};
  });
  histogram.observe(2, 1);
  histogram.observe(0, 1);
  std::thread other([&] { histogram.observe(2, 20); });
  other.join();
  const auto families = histogram.Collect();
  const auto& shown = families.front().metric;
  REQUIRE(shown.size() == 2);
  REQUIRE(shown[0].label.front().value == "0");
  REQUIRE(shown[1].label.front().value == "2");
  REQUIRE(shown[1].histogram.sample_count == 2);
  REQUIRE(shown[1].histogram.sample_sum == 21);
  REQUIRE(shown[1].histogram.bucket.front().cumulative_count == 1);
}

TEST_CASE("a histogram scraped while threads observe is never inconsistent: count is the last bucket") {
  PerThreadHistogram histogram("h", "h", latency_buckets(), 2, [](std::size_t) { return Labels{}; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 20'000; ++i)
        histogram.observe(i % 2, i * 1000);
    });
  }
  for (int i = 0; i < 50; ++i) {
    const auto families = histogram.Collect();
    for (const auto& metric : families.front().metric) {
      REQUIRE(metric.histogram.bucket.back().cumulative_count == metric.histogram.sample_count);
    }
  }
  for (std::thread& thread : threads)
    thread.join();
  REQUIRE(histogram.snapshot(0).count + histogram.snapshot(1).count == 60'000);
  REQUIRE(histogram.snapshot(0).sum + histogram.snapshot(1).sum == 3 * 1000 * (20'000ull * 19'999 / 2));
}

TEST_CASE("bounds that are out of order or too many are a mistake") {
  const auto none = [](std::size_t) { return Labels{}; };
  REQUIRE_THROWS_AS(PerThreadHistogram("h", "h", {{2, 1}, 1}, 1, none), std::invalid_argument);
  REQUIRE_THROWS_AS(PerThreadHistogram("h", "h", {{1, 1}, 1}, 1, none), std::invalid_argument);
  PerThreadHistogram::Buckets many;
  for (std::uint64_t i = 0; i < 23; ++i)
    many.bounds.push_back(i);
  REQUIRE_THROWS_AS(PerThreadHistogram("h", "h", many, 1, none), std::invalid_argument);
}
