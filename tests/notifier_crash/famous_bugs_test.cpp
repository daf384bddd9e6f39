// Four mistakes that were made before, made again: the auditor, who reads nothing but the accepted requests and the
// witness, catches each. (PostHog posted messages twice after a rebalance, Novu sent digests twice and lost them.)

#include <iostream>

#include "tests/notifier_crash/rig.h"

using namespace testing;
using notifier::Channel;

namespace {

constexpr std::size_t audience = 300;

struct Witness {
  Witness() : sink({"--dedupe", "off", "--log", "taken.jsonl"}, {}, "notifier_sink") {}
  std::vector<std::string> flags() const { return {"--push", sink.url() + "/v1/projects/p/messages:send"}; }
  std::string log() const { return sink.folder() / "taken.jsonl"; }
  ServerProcess sink;
};

// A broadcast by a server that is killed at `point` and started again, both with the bug. What the ledger says of its
// end is worth nothing then: until the provider has taken `enough`, or for as long as what was the dead one's may lie.
notifier::AuditCounts broadcast_with(const std::string& bug, const std::string& point, std::size_t enough) {
  const Witness witness;
  Rig rig(witness.flags());
  Environment environment{{"NOTIFIER_BUG", bug}};
  auto with_crash = environment;
  with_crash.emplace_back("NOTIFIER_CRASH_AT", point);
  auto server = rig.start("all", with_crash);
  {
    ApiClient api(server->port());
    import_users(api, audience);
  }
  const auto id =
      text_at(ask_until_answered([&] { return server->port(); }, "/v1/broadcasts", push_broadcast, "b"), "/id");
  REQUIRE(server->wait(20s * slowness));
  server = rig.start("all", environment);
  eventually(15s * slowness, [&] { return lines_of(witness.log()) >= enough; });
  rig.accepted(numbered_audience(id, audience));
  return rig.audit(Channel::push, {witness.log()});
}

}  // namespace

TEST_CASE("an offset that is stored before its effect loses what a crash cuts off") {
  const auto counts = broadcast_with("offset_before_effect", "worker.after_begin", audience);
  CHECK(counts.none > 0);
}

TEST_CASE("without a unique key what is planned twice is sent twice") {
  const auto counts = broadcast_with("no_unique_key", "plan.after_publish", audience + 1);
  CHECK(counts.two_or_more > 0);
}

TEST_CASE("with the unique key the same crash does no harm") {
  const Witness witness;
  Rig rig(witness.flags());
  auto server = rig.start("all", {{"NOTIFIER_CRASH_AT", "plan.after_publish"}});
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
  rig.accepted(numbered_audience(id, audience));
  const auto counts = rig.audit(Channel::push, {witness.log()});
  CHECK(counts.none == 0);
  CHECK(counts.surplus <= std::stoull(text_at(api.get("/v1/broadcasts/" + id), "/repeatedInDoubt")));
}

TEST_CASE("a partition that is given up before it is drained is sent twice") {
  // The provider is slow, so that there is something under way when a second worker takes half of the partitions.
  for (const bool bug : {true, false}) {
    INFO(bug);
    ServerProcess sink({"--dedupe", "off", "--log", "taken.jsonl", "--fail", "slow"}, {}, "notifier_sink");
    Rig rig({"--push", sink.url() + "/v1/projects/p/messages:send"});
    const Environment environment = bug ? Environment{{"NOTIFIER_BUG", "fence_before_drain"}} : Environment{};
    const auto api_server = rig.start("api");
    const auto planner = rig.start("planner");
    ApiClient api(api_server->port());
    import_users(api, audience);
    const auto first = rig.start("worker", environment);
    const auto id =
        text_at(ask_until_answered([&] { return api_server->port(); }, "/v1/broadcasts", push_broadcast, "b"), "/id");
    REQUIRE(eventually(20s * slowness, [&] { return lines_of(sink.folder() / "taken.jsonl") > 0; }));
    const auto second = rig.start("worker", environment);
    CHECK((bug || broadcast_ends(api, id, 60s * slowness)));
    if (bug) broadcast_ends(api, id, 20s * slowness);
    rig.accepted(numbered_audience(id, audience));
    const auto counts = rig.audit(Channel::push, {(sink.folder() / "taken.jsonl").string()});
    CHECK(counts.none == 0);
    CHECK((counts.two_or_more > 0) == bug);
  }
}

TEST_CASE("a digest that is closed in two steps is sent twice") {
  for (const bool bug : {true, false}) {
    INFO(bug);
    const Witness witness;
    Rig rig(witness.flags());
    const auto file = rig.data().path() / "categories.toml";
    std::ofstream(file) << "[[category]]\nname = \"digest\"\nchannels = [\"push\"]\ndigest = \"2s\"\n";
    Environment environment;
    if (bug) environment.emplace_back("NOTIFIER_BUG", "digest_merge");
    auto with_crash = environment;
    with_crash.emplace_back("NOTIFIER_CRASH_AT", "digest.after_close");
    auto server = rig.start("all", with_crash, {"--categories", file});
    {
      ApiClient api(server->port());
      import_users(api, 1);
    }
    std::vector<std::string> items;
    for (int i = 0; i < 3; ++i) {
      const auto body = R"({"userId":"u00000001","category":"digest","title":"T","body":"B"})";
      items.push_back(text_at(
          ask_until_answered([&] { return server->port(); }, "/v1/notifications", body, "d" + std::to_string(i)),
          "/id"));
      rig.accepted(R"({"notification":")" + items.back() + R"(","user":"u00000001","channels":["push"]})");
    }
    REQUIRE(server->wait(20s * slowness));
    server = rig.start("all", environment, {"--categories", file});
    ApiClient api(server->port());
    for (const auto& item : items)
      CHECK(eventually(20s * slowness, [&] { return state_of(api, item) == "delivered"; }));
    eventually(3s, [&] { return lines_of(witness.log()) > 1; });  // a second one, with the bug
    const auto counts = rig.audit(Channel::push, {witness.log()});
    CHECK(counts.none == 0);
    CHECK((counts.two_or_more > 0) == bug);
  }
}
