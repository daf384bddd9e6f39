// kill -9 at every labelled place, one after the other: enumerated, not random. Whatever is cut off there, each
// (notification, user, channel) ends once, and a provider that can tell a repetition has each exactly once.

#include "tests/notifier_crash/crash_everywhere.h"

using namespace testing;
using notifier::AuditCounts;
using notifier::Channel;

namespace {

constexpr std::size_t audience = 300;

}  // namespace

TEST_CASE("api, planner and worker killed at each labelled place: everything accepted is delivered exactly once") {
  crash_everywhere({.points = places()});
}

TEST_CASE("killed between the ledger's decision to try again and the queue's knowing, it is tried again") {
  ServerProcess sink({"--fail", "503:100%:1", "--log", "taken.jsonl"}, {}, "notifier_sink");
  Rig rig({"--push", sink.url() + "/v1/projects/p/messages:send"});
  auto server = rig.start("all", {{"NOTIFIER_CRASH_AT", "worker.before_retry"}});
  {
    ApiClient api(server->port());
    import_users(api, 1);
  }
  const auto id = text_at(
      ask_until_answered([&] { return server->port(); }, "/v1/notifications", push_to(numbered_user(1)), "n"), "/id");
  REQUIRE(server->wait(20s * slowness));
  server = rig.start("all");
  ApiClient api(server->port());
  CHECK(eventually(40s * slowness, [&] { return state_of(api, id) == "delivered"; }));  // the sweep comes after 10 s
  CHECK(text_at(api.get("/v1/notifications/" + id), "/channels/push/attempts") == "2");
  rig.accepted(R"({"notification":")" + id + R"(","user":"u00000001","channels":["push"]})");
  CHECK(rig.audit(Channel::push, {(sink.folder() / "taken.jsonl").string()}) == AuditCounts{1, 0, 0, 0, 0});
}

TEST_CASE("a provider that cannot tell a repetition sees at most as many as the ledger calls doubtful") {
  ServerProcess sink({"--dedupe", "off", "--log", "taken.jsonl"}, {}, "notifier_sink");
  Rig rig({"--push", sink.url() + "/v1/projects/p/messages:send"});
  auto server = rig.start("all", {{"NOTIFIER_CRASH_AT", "worker.after_send"}});
  {
    ApiClient api(server->port());
    import_users(api, audience);
  }
  const auto id =
      text_at(ask_until_answered([&] { return server->port(); }, "/v1/broadcasts", push_broadcast, "b"), "/id");
  REQUIRE(server->wait(20s * slowness));
  server = rig.start("all");
  ApiClient api(server->port());
  CHECK(broadcast_ends(api, id, 30s * slowness));
  check_ledger(api, id, audience);
  rig.accepted(numbered_audience(id, audience));
  const auto counts = rig.audit(Channel::push, {(sink.folder() / "taken.jsonl").string()});
  const auto doubtful = std::stoull(text_at(api.get("/v1/broadcasts/" + id), "/repeatedInDoubt"));
  std::cout << "repeated in doubt: " << doubtful << "\n";
  CHECK(counts.none == 0);
  CHECK(counts.surplus > 0);  // that is what the crash was for
  CHECK(counts.surplus <= doubtful);
}

TEST_CASE("where the policy is to drop, what is lost is at most what the ledger calls ambiguous") {
  ServerProcess sink({"--dedupe", "off", "--log", "taken.jsonl"}, {}, "notifier_sink");
  for (const std::string point : {"worker.after_begin", "worker.after_send"}) {
    INFO(point);
    Rig rig({"--push", sink.url() + "/v1/projects/p/messages:send", "--ambiguous-push", "drop"});
    auto server = rig.start("all", {{"NOTIFIER_CRASH_AT", point}});
    {
      ApiClient api(server->port());
      import_users(api, audience);
    }
    const auto id =
        text_at(ask_until_answered([&] { return server->port(); }, "/v1/broadcasts", push_broadcast, "b"), "/id");
    REQUIRE(server->wait(20s * slowness));
    server = rig.start("all");
    ApiClient api(server->port());
    CHECK(broadcast_ends(api, id, 30s * slowness));
    check_ledger(api, id, audience);
    rig.accepted(numbered_audience(id, audience));
    const auto file = (sink.folder() / "taken.jsonl").string();
    std::ofstream(rig.data().path() / "mine.jsonl") << [&] {
      std::string mine;
      std::ifstream all(file);
      for (std::string line; std::getline(all, line);)
        if (line.find("\"notification\":\"" + id) != std::string::npos) mine += line + "\n";
      return mine;
    }();
    const auto counts = rig.audit(Channel::push, {(rig.data().path() / "mine.jsonl").string()});
    const auto ambiguous = std::stoull(text_at(api.get("/v1/broadcasts/" + id), "/ambiguous"));
    CHECK(ambiguous > 0);
    CHECK(counts.two_or_more == 0);
    CHECK(counts.none <= ambiguous);
  }
}
