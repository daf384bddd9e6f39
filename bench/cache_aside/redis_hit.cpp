// How many hits a second the cache's interface gives over Redis, one thread, one connection, 64 under way, beside
// redis-benchmark's GET with as many: what our client, the breaker, the decoding and a coroutine cost on top.

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "bench/baselines/redis_benchmark.h"
#include "bench/cache_aside/services.h"
#include "bench/cache_aside_bench.h"
#include "bench/core/environment.h"
#include "cache_aside/cache_redis.h"
#include "common/random.h"
#include "common/runtime/all.h"

namespace bench::cache_aside_bench {
namespace {

using Clock = std::chrono::steady_clock;
using cache_aside::CacheRedis;
using cache_aside::Guard;
using cache_aside::ServerRedis;

constexpr std::size_t depth = 64;
const std::string value(120, 'v');  // about as long as a user's JSON

class Program final : public Subject {
 public:
  explicit Program(Environment& environment)
      : endpoint_(redis_of(environment)),
        redis_(redis_processes(endpoint_)),
        benchmark_{.program = environment.program("redis-benchmark"),
                   .log = environment.scratch("redis_benchmark") / "log",
                   .endpoint = {.host = endpoint_.host, .port = static_cast<std::uint16_t>(std::stoi(endpoint_.port))},
                   .command = {"GET", "bench:" + std::to_string(common::thread_random().next())},
                   .pipeline = depth} {
    tell("SET", value);
  }
  ~Program() override {
    try {
      tell("DEL", "");
    } catch (const std::exception&) {
      // Redis is gone, and the key with it.
    }
  }

  // It runs by count, not by time: as many as fill the round, by the rate of the one before.
  Sample measure(const Round& round) override {
    const auto fill = [&](std::chrono::nanoseconds time) {
      const double wanted = per_second_ * std::chrono::duration<double>(time).count();
      return benchmark_.run(std::max<std::uint64_t>(100 * depth, static_cast<std::uint64_t>(wanted)));
    };
    per_second_ = fill(round.warm_up);
    per_second_ = fill(round.duration);
    Sample sample;
    sample.values["per_second"] = per_second_;
    return sample;
  }
  std::vector<pid_t> processes() const override { return redis_; }

 private:
  void tell(std::string_view verb, const std::string& argument) {
    common::BackgroundRuntime background(1);
    common::redis::Client client(background.runtime(), client_options(endpoint_));
    const auto send = [&]() -> common::Task<> {
      const std::string& key = benchmark_.command.back();
      auto reply = argument.empty() ? client.command(verb, key) : client.command(verb, key, argument);
      const auto answer = co_await std::move(reply);
      if (answer.has_error()) throw std::runtime_error(answer.error().message);
    };
    background.run(send());
    background.stop();
  }

  const common::redis::Endpoint endpoint_;
  const std::vector<pid_t> redis_;
  const RedisBenchmark benchmark_;
  double per_second_ = 0;
};

class CacheHits final : public Subject {
 public:
  explicit CacheHits(const Environment& environment)
      : endpoint_(redis_of(environment)), redis_(redis_processes(endpoint_)) {}

  Sample measure(const Round& round) override {
    common::Runtime runtime(1);
    ServerRedis server(runtime,
                       {.endpoint = endpoint_,
                        .store = "bench",
                        .timeout = std::chrono::seconds(5),
                        .settling = std::chrono::seconds(0)},
                       clock_);
    CacheRedis cache(server);
    std::uint64_t hits = 0;
    double seconds = 0;
    const auto main = [&]() -> common::Task<> {
      while (!server.generation())
        co_await common::sleep_for(std::chrono::milliseconds(1));
      cache_aside::Entry entry;
      entry.version = 1;
      entry.value = value;
      entry.fresh_until = entry.kept_until = clock_.now() + std::chrono::hours(1);
      co_await cache.put("user:1", entry, Guard::none, "", "");
      (void)co_await ask(cache, Clock::now() + round.warm_up);
      const auto start = Clock::now();
      hits = co_await ask(cache, start + round.duration);
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
      co_await runtime.shut_down(std::chrono::seconds(5));
    };
    runtime.run(main());
    if (hits == 0) throw std::runtime_error("no hit");
    Sample sample;
    sample.values["per_second"] = static_cast<double>(hits) / seconds;
    return sample;
  }
  std::vector<pid_t> processes() const override { return redis_; }

 private:
  // How many hits there were.
  static common::Task<std::uint64_t> ask_until(CacheRedis& cache, Clock::time_point deadline) {
    std::uint64_t hits = 0;
    while (Clock::now() < deadline) {
      const auto lookup = co_await cache.get("user:1", Guard::stamp);
      if (!lookup.entry || lookup.entry->value != value) throw std::runtime_error("not the value that was put");
      ++hits;
    }
    co_return hits;
  }
  static common::Task<std::uint64_t> ask(CacheRedis& cache, Clock::time_point deadline) {
    std::vector<common::Task<std::uint64_t>> askers;
    for (std::size_t i = 0; i < depth; ++i)
      askers.push_back(ask_until(cache, deadline));
    const auto hits = co_await common::all(std::move(askers));
    co_return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
  }

  const common::redis::Endpoint endpoint_;
  const std::vector<pid_t> redis_;
  common::SystemClock clock_;
};

}  // namespace

Comparison redis_hit() {
  Comparison comparison;
  comparison.id = "cache_aside/redis_hit";
  comparison.question = "How many hits a second does the cache's interface give over Redis?";
  comparison.metrics = {
      {.id = "per_second", .heading = "hits/s", .unit = "hits a second", .better = Better::higher, .decimals = 0}};
  Row baseline{.id = "redis_benchmark", .note = "GET, one connection, 64 in the pipeline"};
  baseline.needs = {"service:redis", "program:redis-benchmark"};
  baseline.prepare = [](Environment& environment) { return std::make_unique<Program>(environment); };
  Row ours{.id = "cache_redis", .note = "Cache::get, one thread, 64 coroutines"};
  ours.needs = {"service:redis"};
  ours.prepare = [](Environment& environment) { return std::make_unique<CacheHits>(environment); };
  comparison.rows = {std::move(baseline), std::move(ours)};
  comparison.aims = {{.group = "", .row = "cache_redis", .against = "redis_benchmark", .bound = 0.7}};
  comparison.method = {"both ask one Redis on the same machine for one key with a value of 120 bytes"};
  comparison.subject = "cache_redis";
  comparison.round = {.warm_up = std::chrono::milliseconds(100), .duration = std::chrono::milliseconds(600)};
  comparison.budget = std::chrono::seconds(8);
  return comparison;
}

}  // namespace bench::cache_aside_bench
