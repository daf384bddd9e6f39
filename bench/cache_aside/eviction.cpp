// What an eviction policy costs for each request, and how many it answers: Zipf 0.99 over 500,000 objects, a cache of a
// thousandth of them, one thread, no locks, no values.

#include <unistd.h>

#include "bench/cache_aside/eviction_run.h"
#include "bench/cache_aside/workload.h"
#include "bench/cache_aside_bench.h"
#include "bench/core/cpu_time.h"
#include "common/random.h"

namespace bench::cache_aside_bench {
namespace {

constexpr std::size_t objects = 500'000;
constexpr std::size_t entries = 500;
constexpr std::size_t trace_length = 1'000'000;

const std::vector<std::uint32_t>& trace() {
  static const auto made = [] {
    const YcsbZipf zipf(objects, 0.99);
    common::SeededRandom random(7);
    std::vector<std::uint32_t> keys(trace_length);
    for (auto& key : keys)
      key = static_cast<std::uint32_t>(zipf.next(random));
    return keys;
  }();
  return made;
}

class Requests final : public Subject {
 public:
  explicit Requests(std::string_view policy) : run_(policy, entries, objects) { trace(); }

  Sample measure(const Round& round) override {
    request_for(round.warm_up);
    requests_ = hits_ = 0;
    const CpuTime before = cpu_time(getpid());
    request_for(round.duration);
    const CpuTime used = cpu_time(getpid()) - before;
    Sample sample;
    sample.values["cpu_ns"] = static_cast<double>(used.total.count()) / static_cast<double>(requests_);
    sample.values["hits"] = 100.0 * static_cast<double>(hits_) / static_cast<double>(requests_);
    return sample;
  }

 private:
  void request_for(std::chrono::nanoseconds duration) {
    const auto deadline = std::chrono::steady_clock::now() + duration;
    do {
      for (int i = 0; i < 1000; ++i) {
        hits_ += run_.request(trace()[at_]) ? 1 : 0;
        at_ = (at_ + 1) % trace_length;
      }
      requests_ += 1000;
    } while (std::chrono::steady_clock::now() < deadline);
  }

  EvictionRun run_;
  std::size_t at_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t hits_ = 0;
};

}  // namespace

Comparison eviction() {
  Comparison comparison;
  comparison.id = "cache_aside/eviction";
  comparison.question = "What does an eviction policy cost, and how often does it hit?";
  comparison.metrics = {
      {.id = "cpu_ns", .heading = "CPU ns", .unit = "ns of CPU per request", .decimals = 1},
      {.id = "hits", .heading = "hits %", .unit = "per cent of requests answered", .better = Better::higher},
  };
  for (const auto& choice : cache_aside::eviction_choices()) {
    const std::string name(choice.name);
    Row row{.id = name, .note = std::string(choice.description)};
    row.prepare = [name](Environment&) { return std::make_unique<Requests>(name); };
    comparison.rows.push_back(std::move(row));
  }
  comparison.method = {"one thread; a trace of 1,000,000 keys, YCSB Zipf 0.99 over 500,000 objects; 500 entries",
                       "hits and misses together, as they come"};
  comparison.subject = "sieve";
  comparison.round = {.warm_up = std::chrono::milliseconds(30), .duration = std::chrono::milliseconds(150)};
  comparison.budget = std::chrono::seconds(5);
  return comparison;
}

}  // namespace bench::cache_aside_bench
