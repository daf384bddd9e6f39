// The pipeline on real Kafka, by roles: workers come and go during a broadcast, and a trace crosses the topics.

#include <signal.h>

#include "common/random.h"
#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/faulty_proxy.h"
#include "tests/support/postgres_support.h"
#include "tests/support/require.h"
#include "tests/support/scripted_server.h"

using namespace testing;

namespace {

// Topics of one's own; empty when there is no broker, said aloud.
std::string fresh_queue() {
  const char* const brokers = std::getenv("KAFKA_BROKERS");
  if (!require_or_skip(brokers != nullptr, "KAFKA_BROKERS is not set: ./run services up")) return {};
  return "kafka://" + std::string(brokers) + "/test." + std::to_string(common::SecureRandom().next());
}

class Pipeline {
 public:
  explicit Pipeline(std::vector<std::string> flags) : flags_(std::move(flags)) {}
  std::unique_ptr<ServerProcess> start(const std::string& role) const {
    std::vector<std::string> all{"--data", data_.path(), "--role", role};
    all.insert(all.end(), flags_.begin(), flags_.end());
    return std::make_unique<ServerProcess>(all, Environment{}, "notifier");
  }

 private:
  TempFolder data_;
  const std::vector<std::string> flags_;
};

void add_and_remove_workers(std::vector<std::string> flags) {
  // A provider that cannot tell a repetition: one line a message is one message.
  ServerProcess sink({"--dedupe", "off", "--log", "taken.jsonl"}, {}, "notifier_sink");
  flags.insert(flags.end(),
               {"--push", sink.url() + "/v1/projects/p/messages:send", "--quota", "push=2000/1s"});  // a few seconds
  const Pipeline pipeline(std::move(flags));
  const auto api_server = pipeline.start("api");
  const auto planner = pipeline.start("planner");
  auto first = pipeline.start("worker");
  ApiClient api(api_server->port());
  constexpr std::size_t count = 12'000;
  import_users(api, count);
  const auto id = broadcast_all(api);
  const auto delivered = [&] { return std::stoul(text_at(api.get("/v1/broadcasts/" + id), "/delivered")); };
  REQUIRE(eventually(60s * slowness, [&] { return delivered() > count / 8; }));
  const auto second = pipeline.start("worker");
  auto third = pipeline.start("worker");
  REQUIRE(eventually(60s * slowness, [&] { return delivered() > count / 3; }));
  CHECK(first->terminate() == 0);
  REQUIRE(eventually(60s * slowness, [&] { return delivered() > count / 2; }));
  CHECK(third->terminate() == 0);
  first = pipeline.start("worker");
  REQUIRE(broadcast_ends(api, id, 90s * slowness));
  const auto shown = api.get("/v1/broadcasts/" + id);
  INFO(shown.body);
  CHECK(text_at(shown, "/planned") == std::to_string(count));
  CHECK(text_at(shown, "/delivered") == std::to_string(count));
  CHECK(text_at(shown, "/repeatedInDoubt") == "0");
  CHECK(lines_of(sink.folder() / "taken.jsonl") == count);
  for (const auto* worker : {first.get(), second.get(), planner.get(), api_server.get()})
    worker->signal(SIGTERM);
}

}  // namespace

TEST_CASE("workers added and removed during a broadcast over Kafka: nothing lost, nothing repeated") {
  const auto queue = fresh_queue();
  if (queue.empty()) return;
  add_and_remove_workers({"--queue", queue});
}

TEST_CASE("the same with the ledger in PostgreSQL") {
  const auto queue = fresh_queue();
  const auto schema = new_schema();
  if (queue.empty() || !schema) return;
  add_and_remove_workers({"--queue", queue, "--store", schema->url()});
}

TEST_CASE("partitions that cannot be claimed while the database is away are read once it is back") {
  const auto queue = fresh_queue();
  const auto schema = new_schema();
  if (queue.empty() || !schema) return;
  FaultyProxy proxy(schema->server_port());
  const Pipeline by_proxy({"--queue", queue, "--store", schema->url(proxy.port())});
  const Pipeline direct({"--queue", queue, "--store", schema->url()});
  const auto api_server = direct.start("api");
  const auto planner = direct.start("planner");
  const auto first = by_proxy.start("worker");
  ApiClient api(api_server->port());
  constexpr std::size_t count = 1'000;
  import_users(api, count);
  REQUIRE(broadcast_ends(api, broadcast_all(api), 60s * slowness));
  const auto second = direct.start("worker");
  REQUIRE(eventually(60s * slowness, [&] { return schema->ask("SELECT max(generation) FROM positions") != "1"; }));
  proxy.refuse(true);
  proxy.cut();
  second->kill();
  REQUIRE(eventually(60s * slowness, [&] {  // the group gives them to the first, which cannot ask where to begin
    return first->errors().find("stays unread") != std::string::npos;
  }));
  const auto id = broadcast_all(api);
  proxy.refuse(false);
  CHECK(broadcast_ends(api, id, 60s * slowness));
  CHECK(text_at(api.get("/v1/broadcasts/" + id), "/delivered") == std::to_string(count));
}

TEST_CASE("one trace from the request, through outbox and Kafka, to the provider") {
  const auto queue = fresh_queue();
  if (queue.empty()) return;
  CollectingServer provider("{}", "application/json");
  const Pipeline pipeline({"--queue", queue, "--push", provider.url() + "/v1/projects/p/messages:send"});
  const auto api_server = pipeline.start("api");
  const auto planner = pipeline.start("planner");
  const auto worker = pipeline.start("worker");
  ApiClient api(api_server->port());
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"pushToken":"t"})").status ==
          200);
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto answer = api.post("/v1/notifications",
                               R"({"userId":"ada","category":"general","title":"T","body":"B","channels":["push"]})",
                               "traceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n");
  REQUIRE(answer.status == 202);
  REQUIRE(eventually(60s * slowness, [&] { return provider.requests().size() == 1; }));
  CHECK(provider.requests()[0].header("traceparent").find(trace) != std::string::npos);
}
