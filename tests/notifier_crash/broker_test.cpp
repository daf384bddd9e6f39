// The broker away, and the broker killed: accepting goes on durably, nothing is lost, and all of it recovers by itself.
// Here at some places; at all of them, and at random, in tests/notifier_long.

#include "tests/notifier_crash/crash_everywhere.h"
#include "tests/support/kafka_process.h"
#include "tests/support/require.h"

using namespace testing;
using notifier::AuditCounts;
using notifier::Channel;

TEST_CASE("with the broker away notifications are accepted, and sent when it is back") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  KafkaProcess broker;
  Rig rig({"--queue", "kafka://" + broker.brokers() + "/test"});
  const auto server = rig.start("all");
  ApiClient api(server->port());
  import_users(api, 10);
  const auto before = text_at(
      ask_until_answered([&] { return server->port(); }, "/v1/notifications", push_to(numbered_user(1)), "a"), "/id");
  CHECK(eventually(60s * slowness, [&] { return state_of(api, before) == "delivered"; }));
  broker.kill();
  const auto meanwhile = api.post("/v1/notifications", push_to(numbered_user(2)));
  REQUIRE(meanwhile.status == 202);
  CHECK(eventually(60s * slowness, [&] { return api.get("/readyz").status == 503; }));
  CHECK(state_of(api, text_at(meanwhile, "/id")) == "planned");
  broker.start();
  CHECK(eventually(90s * slowness, [&] { return state_of(api, text_at(meanwhile, "/id")) == "delivered"; }));
  CHECK(eventually(60s * slowness, [&] { return api.get("/readyz").status == 200; }));
  rig.accepted(R"({"notification":")" + before + R"(","user":"u00000001","channels":["push"]})");
  rig.accepted(R"({"notification":")" + text_at(meanwhile, "/id") + R"(","user":"u00000002","channels":["push"]})");
  CHECK(rig.audit(Channel::push, {rig.witness()}) == AuditCounts{2, 0, 0, 0, 0});
}

TEST_CASE("on Kafka, killed at the places where the queue and the database may disagree: exactly once") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  KafkaProcess broker;
  crash_everywhere({.points = {"relay.after_publish", "plan.after_publish", "worker.after_send"},
                    .flags = {"--queue", "kafka://" + broker.brokers() + "/test"}});
}

TEST_CASE("the broker killed at such places: exactly once") {
  if (!require_or_skip(KafkaProcess::lacking().empty(), KafkaProcess::lacking())) return;
  KafkaProcess broker;
  crash_everywhere({.points = {"plan.before_publish", "worker.after_take"},
                    .flags = {"--queue", "kafka://" + broker.brokers() + "/test"},
                    .broker = &broker});
}
