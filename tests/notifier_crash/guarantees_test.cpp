// One pipeline in three orders, killed alike: behind writing a batch down, and behind sending one. What guarantee.h
// says of each is counted at a provider that cannot tell a repetition.

#include <iostream>

#include "tests/notifier_crash/rig.h"

using namespace testing;
using notifier::AuditCounts;
using notifier::Channel;

namespace {

constexpr std::size_t audience = 300;

struct Verdict {
  AuditCounts counts;
  std::uint64_t doubtful = 0;  // what the ledger says of it
};

// A broadcast by two workers, each of which dies at one of the places, and a third that finishes.
Verdict killed_twice(const std::string& guarantee) {
  ServerProcess sink({"--dedupe", "off", "--log", "taken.jsonl"}, {}, "notifier_sink");
  Rig rig({"--push", sink.url() + "/v1/projects/p/messages:send", "--guarantee", guarantee});
  const auto api_server = rig.start("api");
  const auto planner = rig.start("planner");
  ApiClient api(api_server->port());
  import_users(api, audience);
  const auto written = rig.start("worker", {{"NOTIFIER_CRASH_AT", "worker.after_begin"}});
  const auto sent = rig.start("worker", {{"NOTIFIER_CRASH_AT", "worker.after_send"}});
  const auto id = broadcast_all(api);
  REQUIRE(written->wait(30s * slowness));
  REQUIRE(sent->wait(30s * slowness));
  const auto last = rig.start("worker");
  CHECK(broadcast_ends(api, id, 30s * slowness));
  check_ledger(api, id, audience);
  rig.accepted(numbered_audience(id, audience));
  std::cout << guarantee << ", ";
  Verdict verdict{.counts = rig.audit(Channel::push, {(sink.folder() / "taken.jsonl").string()})};
  verdict.doubtful = std::stoull(text_at(api.get("/v1/broadcasts/" + id), "/repeatedInDoubt"));
  return verdict;
}

}  // namespace

TEST_CASE("at least once: killed between sending and writing down, it sends again, and nobody says so") {
  const auto [counts, doubtful] = killed_twice("at_least_once");
  CHECK(counts.none == 0);
  CHECK(counts.surplus > 0);
  CHECK(doubtful == 0);
}

TEST_CASE("at most once: killed between writing down and sending, it loses, and nobody says so") {
  const auto [counts, doubtful] = killed_twice("at_most_once");
  CHECK(counts.none > 0);
  CHECK(counts.surplus == 0);
  CHECK(doubtful == 0);
}

TEST_CASE("exactly once: killed at the same places, it loses nothing, and what it may have repeated it says") {
  const auto [counts, doubtful] = killed_twice("exactly_once");
  CHECK(counts.none == 0);
  CHECK(doubtful > 0);
  CHECK(counts.surplus <= doubtful);
}

TEST_CASE("at least once: what a provider defers is sent in the end, what it rejects is failed") {
  for (const std::string plan : {"503:100%:2", "404"}) {
    INFO(plan);
    ServerProcess sink({"--fail", plan, "--log", "taken.jsonl"}, {}, "notifier_sink");
    Rig rig({"--push", sink.url() + "/v1/projects/p/messages:send", "--guarantee", "at_least_once"});
    const auto server = rig.start("all");
    ApiClient api(server->port());
    import_users(api, 3);
    const auto id = broadcast_all(api);
    CHECK(broadcast_ends(api, id, 60s * slowness));
    const bool deferred = plan.starts_with("503");
    CHECK(text_at(api.get("/v1/broadcasts/" + id), deferred ? "/delivered" : "/failed") == "3");
    CHECK(lines_of(sink.folder() / "taken.jsonl") == (deferred ? 3U : 0U));
  }
}
