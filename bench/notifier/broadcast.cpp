// What one user of a broadcast costs: planned, queued, written to the ledger twice, sent to the sink, which writes
// a log.
//
// The same broadcast to 10,000, 100,000 and 1,000,000 users, in processes by role; if a user's cost were to grow
// with the audience, it would show here. On Kafka the same pipeline stands beside librdkafka's own produce-and-
// consume loop on the same broker: as many records of the same size (librdkafka_loop.h), and nothing else.

#include <unistd.h>

#include <stdexcept>

#include "bench/baselines/librdkafka_loop.h"
#include "bench/core/cpu_time.h"
#include "bench/core/local_process.h"
#include "bench/notifier/running_notifier.h"
#include "bench/notifier_bench.h"
#include "common/random.h"

namespace bench::notifier_bench {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t scaled(const Environment& environment, std::size_t users) {
  return environment.quick() ? users / 100 : users;
}

std::string fresh_name() {
  return "bench." + std::to_string(common::SecureRandom().next());
}

std::string kafka_url(const Environment& environment) {
  return "kafka://" + environment.service("kafka") + "/" + fresh_name();
}

// Its first broker's process: what it burns is not foreign load.
std::vector<pid_t> kafka_processes(const Environment& environment) {
  const std::string first = environment.service("kafka");
  return listener_at(static_cast<std::uint16_t>(std::atoi(first.c_str() + first.find(':') + 1)));
}

Sample sample_of(std::size_t users, Clock::duration took, CpuTime used) {
  Sample sample;
  sample.values["cpu_us"] = static_cast<double>(used.total.count()) / 1e3 / static_cast<double>(users);
  sample.values["per_second"] = static_cast<double>(users) / std::chrono::duration<double>(took).count();
  return sample;
}

// One broadcast a round to users that were imported once.
class Broadcast final : public Subject {
 public:
  Broadcast(Environment& environment, std::size_t users, std::vector<std::string> flags, std::vector<pid_t> broker = {})
      : users_(users),
        broker_(std::move(broker)),
        notifier_(environment, {"api", "planner", "worker"}, std::move(flags)) {
    notifier_.import_users(users);
    const auto first = notifier_.broadcast();  // topics made, partitions assigned
    if (!notifier_.await(first, std::chrono::seconds{300})) throw std::runtime_error("a broadcast did not end");
  }

  Sample measure(const Round&) override {
    const auto pids = notifier_.processes();
    const CpuTime before = cpu_time(pids);
    const auto begin = Clock::now();
    const auto id = notifier_.broadcast();
    if (!notifier_.await(id, std::chrono::seconds{300})) throw std::runtime_error("a broadcast did not end");
    const auto took = Clock::now() - begin;
    if (notifier_.count(id, "delivered") != static_cast<std::int64_t>(users_)) {
      throw std::runtime_error("not everybody was told");
    }
    return sample_of(users_, took, cpu_time(pids) - before);
  }

  std::vector<pid_t> processes() const override {
    auto all = notifier_.processes();
    all.insert(all.end(), broker_.begin(), broker_.end());
    return all;
  }

 private:
  const std::size_t users_;
  const std::vector<pid_t> broker_;
  RunningNotifier notifier_;
};

// As many records of the pipeline's size through the same broker, by librdkafka alone.
class KafkaLoop final : public Subject {
 public:
  KafkaLoop(Environment& environment, std::size_t records)
      : records_(records), brokers_(environment.service("kafka")), processes_(kafka_processes(environment)) {}

  Sample measure(const Round&) override {
    const CpuTime before = cpu_time(getpid());
    const LibrdkafkaLoop loop{
        .brokers = brokers_, .topic = fresh_name(), .records = records_, .value = "3765152191528305978 4 0"};
    const auto took = run(loop);
    return sample_of(records_, took, cpu_time(getpid()) - before);
  }

  std::vector<pid_t> processes() const override { return processes_; }

 private:
  const std::size_t records_;
  const std::string brokers_;
  const std::vector<pid_t> processes_;
};

Row users_row(std::string id, std::size_t users, std::string note) {
  return {.id = std::move(id),
          .note = std::move(note),
          .needs = {"program:notifier"},
          .prepare = [users](Environment& environment) {
            return std::make_unique<Broadcast>(environment, scaled(environment, users), std::vector<std::string>{});
          }};
}

}  // namespace

Comparison broadcast() {
  constexpr std::size_t on_kafka = 200'000;
  Comparison comparison;
  comparison.id = "notifier/broadcast";
  comparison.question = "What does one user of a broadcast cost, and does it grow with the audience?";
  comparison.metrics = {
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of CPU per user, of all the notifier's processes"},
      {.id = "per_second",
       .heading = "users/s",
       .unit = "users a second, end to end",
       .better = Better::higher,
       .decimals = 0},
  };
  comparison.rows = {
      users_row("users_10k", 10'000, "SQLite store and queue; api, planner and worker as processes"),
      users_row("users_100k", 100'000, "likewise"),
      users_row("users_1m", 1'000'000, "likewise"),
      {.id = "librdkafka_loop",
       .group = "kafka",
       .note = "librdkafka alone: as many records produced and consumed, nothing written",
       .needs = {"service:kafka"},
       .prepare =
           [](Environment& environment) {
             return std::make_unique<KafkaLoop>(environment, scaled(environment, on_kafka));
           }},
      {.id = "kafka",
       .group = "kafka",
       .note = "the whole pipeline over the same broker, SQLite ledger",
       .needs = {"program:notifier", "service:kafka"},
       .prepare =
           [](Environment& environment) {
             return std::make_unique<Broadcast>(environment, scaled(environment, on_kafka),
                                                std::vector<std::string>{"--queue", kafka_url(environment)},
                                                kafka_processes(environment));
           }},
  };
  comparison.method = {"one broadcast a round, from the request until all rows are final; the sink's log is written",
                       "CPU of api, planner and worker together; the broker's is not counted",
                       "librdkafka_loop: a producing and a consuming thread, at once; CPU of both"};
  comparison.subject = "users_1m";
  comparison.round = {.warm_up = std::chrono::milliseconds(0), .duration = std::chrono::milliseconds(2000)};
  comparison.budget = std::chrono::seconds(90);
  return comparison;
}

}  // namespace bench::notifier_bench
