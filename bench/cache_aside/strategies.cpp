// The strategies side by side, on one load: two processes, one Redis, one PostgreSQL. What each costs the database and
// Redis, how often it hits, how often it answers what had been overwritten, and how long reads take.

#include <stdexcept>

#include "bench/cache_aside/mixed_load.h"
#include "bench/cache_aside/services.h"
#include "bench/cache_aside_bench.h"
#include "bench/core/child_process.h"
#include "bench/core/environment.h"
#include "bench/load/exchange.h"

namespace bench::cache_aside_bench {
namespace {

class Strategy final : public Subject {
 public:
  Strategy(Environment& environment, const std::vector<std::string>& flags)
      : database_(environment), redis_(redis_processes(redis_of(environment))) {
    for (auto* process : {&one_, &two_}) {
      std::vector<std::string> arguments{"--listen",      "127.0.0.1:0",   "--threads", "1",     "--store",
                                         database_.url(), "--store-delay", "2ms",       "--ttl", "200ms"};
      for (std::string flag : flags) {
        if (flag == "REDIS") flag = environment.service("redis");
        if (flag == "local+REDIS") flag = "local+" + environment.service("redis");
        arguments.push_back(std::move(flag));
      }
      *process = std::make_unique<ChildProcess>(ChildProcess::Options{.program = environment.program("cache_aside"),
                                                                      .arguments = std::move(arguments),
                                                                      .log = environment.scratch("strategy") / "log"});
      endpoints_.push_back((*process)->await_listening());
    }
    load_ = std::make_unique<MixedLoad>(endpoints_, MixedLoad::Options{});
  }

  Sample measure(const Round& round) override {
    load_->run(round.warm_up);
    const Counts before = counts();
    const auto seen = load_->run(round.duration);
    const Counts after = counts();
    const auto requests = static_cast<double>(seen.requests);
    const double reads = after.reads - before.reads;
    Sample sample;
    sample.values["queries"] = 100 * (after.queries - before.queries) / requests;
    sample.values["hits"] = reads > 0 ? 100 * (after.hits - before.hits) / reads : 0;
    sample.values["stale"] = 1e6 * static_cast<double>(seen.stale) / static_cast<double>(seen.read_ms.size());
    sample.values["p50_ms"] = seen.read_ms[seen.read_ms.size() / 2];
    sample.values["p99_ms"] = seen.read_ms[seen.read_ms.size() * 99 / 100];
    sample.values["redis"] = (after.redis - before.redis) / requests;
    return sample;
  }
  std::vector<pid_t> processes() const override {
    return together(together({one_->pid(), two_->pid()}, redis_), database_.processes());
  }

 private:
  struct Counts {
    double queries = 0;
    double reads = 0;
    double hits = 0;
    double redis = 0;
  };

  Counts counts() const {
    Counts sum;
    for (const Endpoint& endpoint : endpoints_) {
      const auto answer = load::exchange(endpoint, {.target = "/metrics"});
      const auto value = [&](const std::string& series) {
        const auto at = answer.body.find("\n" + series + " ");
        return at == std::string::npos ? 0.0 : std::stod(answer.body.substr(at + series.size() + 2));
      };
      sum.queries += value("database_queries_total");
      sum.redis += value("redis_operations_total");
      for (const char* source : {"hit", "stale", "miss", "coalesced", "negative", "bypass"}) {
        const double count = value("cache_reads_total{source=\"" + std::string(source) + "\"}");
        sum.reads += count;
        if (std::string_view(source) == "hit" || std::string_view(source) == "stale") sum.hits += count;
      }
    }
    return sum;
  }

  ScratchPostgres database_;  // outlives the two
  const std::vector<pid_t> redis_;
  std::unique_ptr<ChildProcess> one_;
  std::unique_ptr<ChildProcess> two_;
  std::vector<Endpoint> endpoints_;
  std::unique_ptr<MixedLoad> load_;
};

Row row(std::string id, std::string note, std::vector<std::string> flags) {
  Row made{.id = std::move(id), .note = std::move(note)};
  made.needs = {"program:cache_aside", "service:redis", "service:postgres"};
  made.fresh = true;
  made.prepare = [flags = std::move(flags)](Environment& environment) {
    return std::make_unique<Strategy>(environment, flags);
  };
  return made;
}

}  // namespace

Comparison strategies() {
  Comparison comparison;
  comparison.id = "cache_aside/strategies";
  comparison.question = "What does each strategy cost, and how often does it answer what was overwritten?";
  comparison.metrics = {
      {.id = "queries", .heading = "queries", .unit = "database queries per 100 requests", .decimals = 1},
      {.id = "hits",
       .heading = "hits %",
       .unit = "per cent of reads answered by the cache",
       .better = Better::higher,
       .decimals = 1},
      {.id = "stale", .heading = "stale", .unit = "stale reads per million", .decimals = 1},
      {.id = "p50_ms", .heading = "p50 ms", .unit = "ms for half of the reads"},
      {.id = "p99_ms", .heading = "p99 ms", .unit = "ms for 99 % of the reads"},
      {.id = "redis", .heading = "Redis", .unit = "Redis operations per request"}};
  comparison.rows = {
      row("none", "no cache", {"--cache", "none"}),
      row("textbook", "get, query, SETEX; DEL after the commit", {"--cache", "REDIS", "--preset", "textbook"}),
      row("delete_after_commit", "the same with single_flight",
          {"--cache", "REDIS", "--write-policy", "delete_after_commit"}),
      row("delete_before_commit", "DEL first", {"--cache", "REDIS", "--write-policy", "delete_before_commit"}),
      row("double_delete", "DEL twice", {"--cache", "REDIS", "--write-policy", "double_delete"}),
      row("write_through", "SET after the commit", {"--cache", "REDIS", "--write-policy", "write_through"}),
      row("write_behind", "the queue and SET now, the table later",
          {"--cache", "REDIS", "--write-policy", "write_behind"}),
      row("lease", "with single_flight: the default", {"--cache", "REDIS"}),
      row("versioned", "with single_flight", {"--cache", "REDIS", "--write-policy", "versioned"}),
      row("distributed_lock", "with lease", {"--cache", "REDIS", "--stampede", "distributed_lock"}),
      row("early_refresh", "with lease", {"--cache", "REDIS", "--stampede", "early_refresh"}),
      row("stale_while_revalidate", "with lease", {"--cache", "REDIS", "--stampede", "stale_while_revalidate"}),
      row("local_lease", "two tiers: others' changes are seen a moment later", {"--cache", "local+REDIS"}),
  };
  comparison.method = {
      "2 processes of one thread, 16 connections, closed loop; 500 users, Zipf 0.99, one request in 50 a PATCH",
      "TTL 0.2 s, each query delayed by 2 ms; stale: a version below one acknowledged before the read began"};
  comparison.subject = "lease";
  comparison.round = {.warm_up = std::chrono::milliseconds(250), .duration = std::chrono::milliseconds(350)};
  comparison.budget = std::chrono::seconds(67);
  return comparison;
}

}  // namespace bench::cache_aside_bench
