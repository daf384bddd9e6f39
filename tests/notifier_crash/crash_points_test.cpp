// kill -9 at every labelled place, one after the other: enumerated, not random. Whatever is cut off there, each
// (notification, user, channel) ends once, and a provider that can tell a repetition has each exactly once.

#include <iostream>

#include "tests/notifier_crash/rig.h"

using namespace testing;
using notifier::AuditCounts;
using notifier::Channel;

namespace {

constexpr std::size_t audience = 300;

// A digest category, and one whose first attempts fail, so that every place is passed.
std::string categories(const Rig& rig) {
  const auto file = rig.data().path() / "categories.toml";
  std::ofstream(file) << "[[category]]\nname = \"digest\"\nchannels = [\"push\"]\ndigest = \"2s\"\n";
  return file;
}

}  // namespace

TEST_CASE("killed at any labelled place, everything that was accepted is delivered exactly once") {
  for (const std::string_view point : notifier::faults::points) {
    if (point == "worker.before_retry") continue;  // the test below: it needs a provider that fails
    INFO(point);
    Rig rig;
    const std::vector<std::string> flags{"--categories", categories(rig)};
    {
      const auto server = rig.start("all", {}, flags);
      ApiClient api(server->port());
      import_users(api, audience);
      CHECK(server->terminate() == 0);
    }
    auto server = rig.start("all", {{"NOTIFIER_CRASH_AT", std::string(point)}}, flags);
    std::atomic<std::uint16_t> port = server->port();
    std::string id;
    std::string single;
    std::vector<std::string> items;
    Background asking([&] {
      const auto current = [&] { return port.load(); };
      id = text_at(ask_until_answered(current, "/v1/broadcasts", push_broadcast, "b"), "/id");
      single = text_at(ask_until_answered(current, "/v1/notifications", push_to(numbered_user(1)), "n"), "/id");
      for (int i = 0; i < 3; ++i) {
        const auto body =
            R"({"userId":"u00000002","category":"digest","title":"T)" + std::to_string(i) + R"(","body":"B"})";
        items.push_back(
            text_at(ask_until_answered(current, "/v1/notifications", body, "d" + std::to_string(i)), "/id"));
      }
    });
    CHECK(server->wait(30s * slowness));  // it died
    server = rig.start("all", {}, flags);
    port = server->port();
    asking.join();
    rig.accepted(numbered_audience(id, audience));
    rig.accepted(R"({"notification":")" + single + R"(","user":"u00000001","channels":["push"]})");
    for (const auto& item : items)
      rig.accepted(R"({"notification":")" + item + R"(","user":"u00000002","channels":["push"]})");
    ApiClient api(server->port());
    CHECK(broadcast_ends(api, id, 30s * slowness));
    CHECK(eventually(30s * slowness, [&] { return state_of(api, single) == "delivered"; }));
    for (const auto& item : items)
      CHECK(eventually(30s * slowness, [&] { return state_of(api, item) == "delivered"; }));
    check_ledger(api, id, audience);
    CHECK(server->terminate() == 0);
    std::cout << point << ": ";
    CHECK(rig.audit(Channel::push, {rig.witness()}) == AuditCounts{audience + 4, 0, 0, 0, 0});
  }
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
