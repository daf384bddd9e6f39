// PostgreSQL away, in the middle of everything: accepting says 503 with Retry-After, nothing that was answered 202 is
// lost or told twice, and it recovers by itself.

#include <fstream>

#include "notifier/auditor/audit.h"
#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/faulty_proxy.h"
#include "tests/support/postgres_support.h"

using namespace testing;
using notifier::AuditCounts;
using notifier::Channel;

namespace {

// What one process has that stores in PostgreSQL, by way of a proxy that can be made to fail.
struct Place {
  explicit Place(Schema& schema) : proxy(schema.server_port()), url(schema.url(proxy.port())) {}

  std::unique_ptr<ServerProcess> start(std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--data", data.path(), "--store", url});
    return std::make_unique<ServerProcess>(flags, Environment{}, "notifier");
  }
  void away() {
    proxy.refuse(true);
    proxy.cut();
  }
  void back() { proxy.refuse(false); }
  AuditCounts audit(const std::string& accepted) const {
    notifier::Audit audit;
    audit.accepted(accepted);
    std::ifstream log(data.path() / "sink.jsonl");
    for (std::string line; std::getline(log, line);)
      audit.witnessed(line);
    return audit.counts(Channel::push);
  }

  TempFolder data;
  FaultyProxy proxy;
  const std::string url;
};

const std::string to_ada = R"({"userId":"ada","category":"general","title":"T","body":"B","channels":["push"]})";

}  // namespace

TEST_CASE("with PostgreSQL away a notification is refused with 503 and Retry-After, and accepted once it is back") {
  const auto schema = new_schema();
  if (!schema) return;
  Place place(*schema);
  const auto server = place.start();
  ApiClient api(server->port());
  REQUIRE(api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"pushToken":"t"})").status ==
          200);
  place.away();
  REQUIRE(eventually(10s * slowness, [&] { return api.get("/readyz").status == 503; }));
  CHECK(api.get("/readyz").body.find("database") != std::string::npos);
  CHECK(api.get("/healthz").status == 200);
  const std::string key = "Idempotency-Key: \"k\"\r\n";
  const auto refused = api.post("/v1/notifications", to_ada, key);
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.header("Retry-After").empty());
  CHECK(api.request("PUT", "/v1/users/bob", "Content-Type: application/json\r\n", "{}").status == 503);
  CHECK(api.get("/v1/users/ada").status == 503);
  place.back();
  std::string id;
  REQUIRE(eventually(20s * slowness, [&] {
    const auto answer = api.post("/v1/notifications", to_ada, key);
    id = text_at(answer, "/id");
    return answer.status == 202;
  }));
  CHECK(text_at(api.post("/v1/notifications", to_ada, key), "/id") == id);
  CHECK(eventually(20s * slowness, [&] { return state_of(api, id) == "delivered"; }));
  CHECK(eventually(10s * slowness, [&] { return api.get("/readyz").status == 200; }));
  CHECK(place.audit(R"({"notification":")" + id + R"(","user":"ada","channels":["push"]})") ==
        AuditCounts{1, 0, 0, 0, 0});
  CHECK(server->terminate() == 0);
}

TEST_CASE("a broadcast goes on by itself after each time that PostgreSQL was away, and each user is told once") {
  const auto schema = new_schema();
  if (!schema) return;
  Place place(*schema);
  const auto server = place.start({"--quota", "push=1000/1s"});  // long enough to be interrupted
  ApiClient api(server->port());
  constexpr std::size_t count = 5'000;
  import_users(api, count);
  const auto id = broadcast_all(api);
  for (const std::size_t share : {count / 5, count / 2}) {
    REQUIRE(eventually(30s * slowness,
                       [&] { return std::stoul(text_at(api.get("/v1/broadcasts/" + id), "/delivered")) > share; }));
    place.away();
    REQUIRE(eventually(10s * slowness, [&] { return api.get("/readyz").status == 503; }));
    place.back();
    REQUIRE(eventually(20s * slowness, [&] { return api.get("/readyz").status == 200; }));
  }
  REQUIRE(broadcast_ends(api, id, 60s * slowness));
  const auto shown = api.get("/v1/broadcasts/" + id);
  INFO(shown.body);
  CHECK(text_at(shown, "/delivered") == std::to_string(count));
  CHECK(place.audit(R"({"broadcast":")" + id + R"(","channels":["push"],"prefix":"u","first":1,"count":)" +
                    std::to_string(count) + R"(,"digits":8})") == AuditCounts{count, 0, 0, 0, 0});
}

TEST_CASE("a notifier whose PostgreSQL is not there says so in one line and exits 1") {
  const auto schema = new_schema();
  if (!schema) return;
  Place place(*schema);
  place.away();
  const auto ran = run_program(
      {program_path("notifier"), "--listen", "127.0.0.1:0", "--data", place.data.path(), "--store", place.url});
  CHECK(ran.exit_code == 1);
  CHECK(ran.output.empty());
  CHECK_FALSE(ran.errors.empty());
  CHECK(std::count(ran.errors.begin(), ran.errors.end(), '\n') == 1);
}
