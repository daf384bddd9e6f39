// Rows of `engines`: our client of Redis, beside redis-benchmark.

#include <stdexcept>

#include "bench/baselines/redis_benchmark.h"
#include "bench/baselines/redis_server.h"
#include "bench/url_shortener/engine_rows.h"
#include "common/random.h"
#include "common/redis/client.h"

namespace bench::url_shortener_bench {
namespace {

// One key, as long as the cache's entries of links are, and a client of one thread.
class RedisPlace {
 public:
  explicit RedisPlace(Environment& environment)
      : endpoint_(common::redis::parse_endpoint(environment.service("redis")).value()),
        client_(background_.runtime(), options(endpoint_)),
        key_("bench:" + std::to_string(common::thread_random().next())) {
    background_.run(fill());
  }
  ~RedisPlace() {
    try {
      background_.run(remove());
    } catch (const std::exception&) {
      // Redis is gone, and the key with it.
    }
    background_.stop();
  }
  RedisPlace(const RedisPlace&) = delete;
  RedisPlace& operator=(const RedisPlace&) = delete;

  const common::redis::Endpoint& endpoint() const { return endpoint_; }
  const std::string& key() const { return key_; }
  const std::vector<pid_t>& processes() const { return processes_; }

  Tally get(std::size_t clients, std::chrono::nanoseconds duration) {
    const Step step = [this](std::size_t) -> common::Task<> {
      const auto reply = co_await client_.command("GET", key_);
      if (reply.has_error()) throw std::runtime_error(reply.error().message);
      if (reply->text != value_) throw std::runtime_error("GET answered something else");
    };
    return run_clients(background_, clients, step, duration);
  }

 private:
  static common::redis::Client::Options options(const common::redis::Endpoint& endpoint) {
    common::redis::Client::Options options;
    options.connection.endpoint = endpoint;
    options.timeout = std::chrono::seconds{5};  // a machine that is busy is slow, which is not an error here
    return options;
  }

  common::Task<> fill() {
    const auto set = co_await client_.command("SET", key_, value_);
    if (set.has_error()) throw std::runtime_error(set.error().message);
  }

  common::Task<> remove() { (void)co_await client_.command("DEL", key_); }

  common::redis::Endpoint endpoint_;
  common::BackgroundRuntime background_{1};
  common::redis::Client client_;
  std::string key_;
  const std::string value_ = std::string(200, 'x');
  const std::vector<pid_t> processes_ = redis_processes(endpoint_);
};

class RedisProgram final : public Program {
 public:
  RedisProgram(Environment& environment, unsigned pipeline)
      : place_(environment),
        benchmark_{.program = environment.program("redis-benchmark"),
                   .log = environment.scratch("redis_benchmark") / "log",
                   .endpoint = {.host = place_.endpoint().host,
                                .port = static_cast<std::uint16_t>(std::stoi(place_.endpoint().port))},
                   .command = {"GET", place_.key()},
                   .pipeline = pipeline} {}

  std::vector<pid_t> processes() const override { return place_.processes(); }

 private:
  std::uint64_t first_operations() const override { return 200 * benchmark_.pipeline; }
  Outcome run(std::uint64_t operations, const Outcome&) override {
    Outcome outcome;
    outcome.per_second = benchmark_.run(operations);
    return outcome;
  }

  RedisPlace place_;
  RedisBenchmark benchmark_;
};

class RedisCoroutines final : public Coroutines {
 public:
  RedisCoroutines(Environment& environment, unsigned clients) : place_(environment), clients_(clients) {}

  std::vector<pid_t> processes() const override { return place_.processes(); }

 private:
  Tally tally(std::chrono::nanoseconds duration) override { return place_.get(clients_, duration); }

  RedisPlace place_;
  const unsigned clients_;
};

void add_pair(Comparison& comparison, const char* group, unsigned at_once, double bound) {
  const std::string depth = std::to_string(at_once);
  comparison.rows.push_back({.id = "redis-benchmark",
                             .group = group,
                             .note = "-c 1 -P " + depth,
                             .needs = {"service:redis", "program:redis-benchmark"},
                             .prepare = [at_once](Environment& environment) {
                               return std::make_unique<RedisProgram>(environment, at_once);
                             }});
  comparison.rows.push_back({.id = "redis_client",
                             .group = group,
                             .note = at_once == 1 ? "one coroutine" : depth + " coroutines on one connection",
                             .needs = {"service:redis"},
                             .prepare = [at_once](Environment& environment) {
                               return std::make_unique<RedisCoroutines>(environment, at_once);
                             }});
  comparison.aims.push_back({.group = group, .row = "redis_client", .against = "redis-benchmark", .bound = bound});
}

}  // namespace

void add_redis_rows(Comparison& comparison) {
  add_pair(comparison, "Redis, 64 GETs at once", engine_coroutines, 0.7);
  add_pair(comparison, "Redis, one GET at a time", 1, 0.75);
}

}  // namespace bench::url_shortener_bench
