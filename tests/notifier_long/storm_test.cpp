// The full sizes: ten million users on real Kafka, fifty kills during a broadcast to a hundred thousand, and processes
// and broker killed at every labelled place.

#include "bench/baselines/librdkafka_loop.h"
#include "bench/core/cpu_time.h"
#include "tests/notifier_crash/crash_everywhere.h"
#include "tests/notifier_crash/random_kills.h"
#include "tests/support/kafka_process.h"
#include "tests/support/require.h"

using namespace testing;
using notifier::AuditCounts;
using notifier::Channel;

namespace {

// All users in one request whose body has no length: a stream. What was answered.
RawResponse import_in_one(std::uint16_t port, std::size_t count) {
  constexpr std::size_t group = 1000;
  RawClient client(port, std::chrono::minutes{20});
  client.send(
      "POST /v1/users:import HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  for (std::size_t at = 1; at <= count; at += group) {
    std::ostringstream lines;
    for (std::size_t i = at; i < at + group && i <= count; ++i) {
      const auto id = numbered_user(i);
      lines << R"({"id":")" << id << R"(","pushToken":"token-)" << id << "\"}\n";
    }
    const auto text = lines.str();
    std::ostringstream chunk;
    chunk << std::hex << text.size() << "\r\n" << text << "\r\n";
    client.send(chunk.str());
  }
  client.send("0\r\n\r\n");
  return client.response();
}

}  // namespace

TEST_CASE("on Kafka, api, planner and worker killed at each labelled place: exactly once") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  KafkaProcess broker;
  crash_everywhere({.points = places(), .flags = {"--queue", "kafka://" + broker.brokers() + "/test"}});
}

TEST_CASE("the broker killed at each labelled place: exactly once") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  KafkaProcess broker;
  crash_everywhere(
      {.points = places(), .flags = {"--queue", "kafka://" + broker.brokers() + "/test"}, .broker = &broker});
}

TEST_CASE("fifty kills of api, planner, workers and broker during a broadcast to 100,000: each user exactly once") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  KafkaProcess broker;
  random_kills({.users = 100'000,
                .kills = 50,
                .seed = 21,
                .flags = {"--queue", "kafka://" + broker.brokers() + "/test"},
                .kill_broker = [&] {
                  broker.kill();
                  broker.start();
                }});
}

TEST_CASE("ten million users: one broadcast on real Kafka, each process under 512 MiB, ten million exactly one") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  const char* const wanted = std::getenv("NOTIFIER_USERS");  // for a size between
  const std::size_t users = wanted ? std::stoul(wanted) : full_size() ? 10'000'000 : 20'000;
  KafkaProcess broker;
  Rig rig({"--queue", "kafka://" + broker.brokers() + "/test"});
  const auto api_server = rig.start("api");
  const auto planner = rig.start("planner");
  const auto worker = rig.start("worker");
  ApiClient api(api_server->port());
  const auto import_begin = std::chrono::steady_clock::now();
  const auto imported = import_in_one(api_server->port(), users);
  REQUIRE(imported.status == 200);
  REQUIRE(text_at(imported, "/stored") == std::to_string(users));
  const std::vector<pid_t> processes{api_server->pid(), planner->pid(), worker->pid()};
  const auto cpu_before = bench::cpu_time(processes);
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [](auto from, auto to) { return std::chrono::duration<double>(to - from).count(); };
  std::cout << "imported " << users << " users in " << seconds(import_begin, begin) << " s" << std::endl;
  const auto id = broadcast_all(api);
  std::size_t most = 0;
  const auto watch = [&] {
    for (const auto* process : {&*api_server, &*planner, &*worker})
      most = std::max(most, process->anonymous_bytes());
  };
  for (;;) {
    const auto shown = api.get("/v1/broadcasts/" + id);
    watch();
    std::cout << "planned " << text_at(shown, "/planned") << ", delivered " << text_at(shown, "/delivered")
              << std::endl;
    if (text_at(shown, "/status") == "done") break;
    REQUIRE(seconds(begin, std::chrono::steady_clock::now()) < 1500);
    std::this_thread::sleep_for(2s);  // between two looks
  }
  const auto took = seconds(begin, std::chrono::steady_clock::now());
  const std::chrono::duration<double, std::micro> cpu = (bench::cpu_time(processes) - cpu_before).total;
  std::cout << users << " users in " << took << " s: " << static_cast<double>(users) / took << " users/s, "
            << cpu.count() / static_cast<double>(users) << " us of CPU each; largest process " << most / 1024 / 1024
            << " MiB" << std::endl;
  CHECK(most < std::size_t{512} * 1024 * 1024);
  const std::chrono::duration<double> alone = bench::run(bench::LibrdkafkaLoop{
      .brokers = broker.brokers(), .topic = "alone", .records = users, .value = "3765152191528305978 4 0"});
  std::cout << "librdkafka alone: " << static_cast<double>(users) / alone.count() << " records/s; the pipeline takes "
            << took / alone.count() << " times as long" << std::endl;
  check_ledger(api, id, users);
  rig.accepted(numbered_audience(id, users));
  CHECK(rig.audit(Channel::push, {rig.witness()}) == AuditCounts{users, 0, 0, 0, 0});
}
