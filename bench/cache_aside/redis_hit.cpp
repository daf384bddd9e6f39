// How many hits a second the cache's interface gives over Redis, one thread, one connection, 64 under way, beside
// redis-benchmark's GET with as many: what our client, the breaker, the decoding and a coroutine cost on top.

#include <array>
#include <cstdio>
#include <stdexcept>

#include "bench/cache_aside_bench.h"
#include "bench/core/environment.h"
#include "cache_aside/all_of.h"
#include "cache_aside/cache_redis.h"
#include "common/redis/endpoint.h"

namespace bench::cache_aside_bench {
namespace {

using Clock = std::chrono::steady_clock;
using cache_aside::CacheRedis;
using cache_aside::Guard;
using cache_aside::ServerRedis;

constexpr std::size_t depth = 64;
const std::string value(120, 'v');  // about as long as a user's JSON

class RedisBenchmark final : public Subject {
 public:
  RedisBenchmark(std::string program, common::redis::Endpoint endpoint)
      : program_(std::move(program)), endpoint_(std::move(endpoint)) {}

  // It runs by count, not by time: as many as about fill the round.
  Sample measure(const Round& round) override {
    const auto requests = static_cast<std::uint64_t>(300'000.0 * std::chrono::duration<double>(round.duration).count());
    const std::string command = program_ + " -h " + endpoint_.host + " -p " + endpoint_.port + " -c 1 -P " +
                                std::to_string(depth) + " -d " + std::to_string(value.size()) + " -n " +
                                std::to_string(requests + depth) + " -t set,get --csv";
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("redis-benchmark cannot be started");
    std::string output;
    std::array<char, 512> buffer;
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
      output += buffer.data();
    if (pclose(pipe) != 0) throw std::runtime_error("redis-benchmark failed");
    const auto at = output.find("\"GET\",\"");
    if (at == std::string::npos) throw std::runtime_error("redis-benchmark said: " + output);
    Sample sample;
    sample.values["per_second"] = std::stod(output.substr(at + 7));
    return sample;
  }

 private:
  std::string program_;
  common::redis::Endpoint endpoint_;
};

class CacheHits final : public Subject {
 public:
  explicit CacheHits(common::redis::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

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
      co_await ask(cache, Clock::now() + round.warm_up, hits);
      hits = 0;
      const auto start = Clock::now();
      co_await ask(cache, start + round.duration, hits);
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
      co_await runtime.shut_down(std::chrono::seconds(5));
    };
    runtime.run(main());
    if (hits == 0) throw std::runtime_error("no hit");
    Sample sample;
    sample.values["per_second"] = static_cast<double>(hits) / seconds;
    return sample;
  }

 private:
  static common::Task<> ask_until(CacheRedis& cache, Clock::time_point deadline, std::uint64_t& hits) {
    while (Clock::now() < deadline) {
      const auto lookup = co_await cache.get("user:1", Guard::stamp);
      if (!lookup.entry || lookup.entry->value != value) throw std::runtime_error("not the value that was put");
      ++hits;
    }
  }
  static common::Task<> ask(CacheRedis& cache, Clock::time_point deadline, std::uint64_t& hits) {
    std::vector<common::Task<>> askers;
    for (std::size_t i = 0; i < depth; ++i)
      askers.push_back(ask_until(cache, deadline, hits));
    co_await cache_aside::all_of(std::move(askers));
  }

  common::redis::Endpoint endpoint_;
  common::SystemClock clock_;
};

}  // namespace

Comparison redis_hit() {
  Comparison comparison;
  comparison.id = "cache_aside/redis_hit";
  comparison.question = "How many hits a second does the cache's interface give over Redis?";
  comparison.metrics = {
      {.id = "per_second", .heading = "hits/s", .unit = "hits a second", .better = Better::higher, .decimals = 0}};
  const auto endpoint = [](Environment& environment) {
    return common::redis::parse_endpoint(environment.service("redis")).value();
  };
  Row baseline{.id = "redis_benchmark", .note = "GET, one connection, 64 in the pipeline"};
  baseline.needs = {"service:redis", "program:redis-benchmark"};
  baseline.prepare = [endpoint](Environment& environment) {
    return std::make_unique<RedisBenchmark>(environment.program("redis-benchmark").string(), endpoint(environment));
  };
  Row ours{.id = "cache_redis", .note = "Cache::get, one thread, 64 coroutines"};
  ours.needs = {"service:redis"};
  ours.prepare = [endpoint](Environment& environment) { return std::make_unique<CacheHits>(endpoint(environment)); };
  comparison.rows = {std::move(baseline), std::move(ours)};
  comparison.aims = {{.group = "", .row = "cache_redis", .against = "redis_benchmark", .bound = 0.7}};
  comparison.method = {"both ask one Redis on the same machine for one key with a value of 120 bytes"};
  comparison.subject = "cache_redis";
  comparison.round = {.warm_up = std::chrono::milliseconds(100), .duration = std::chrono::milliseconds(600)};
  comparison.budget = std::chrono::seconds(25);
  return comparison;
}

}  // namespace bench::cache_aside_bench
