// The contract's endpoints, on a running server with embedded defaults.

#include "tests/notifier_integration/notifier_client.h"

using namespace testing;

namespace {

struct Notifier {
  explicit Notifier(std::vector<std::string> flags = {})
      : server(with_data(std::move(flags)), {}, "notifier"), api(server.port()) {}
  std::vector<std::string> with_data(std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--data", data.path()});
    return flags;
  }
  std::filesystem::path witness() const { return data.path() / "sink.jsonl"; }

  TempFolder data;
  ServerProcess server;
  ApiClient api;
};

}  // namespace

TEST_CASE("a notification is accepted, delivered once, and says how it came to it") {
  Notifier n;
  REQUIRE(n.api
              .request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n",
                       R"({"id":"ada","email":"ada@example.org","pushToken":"t","timeZone":"Europe/Berlin"})")
              .status == 200);
  const auto answer =
      n.api.post("/v1/notifications", R"({"userId":"ada","category":"general","title":"Hello","body":"World"})");
  REQUIRE(answer.status == 202);
  CHECK(text_at(answer, "/status") == "accepted");
  const auto id = text_at(answer, "/id");
  CHECK(eventually(5s, [&] { return text_at(n.api.get("/v1/notifications/" + id), "/status") == "done"; }));
  const auto shown = n.api.get("/v1/notifications/" + id);
  for (const char* channel : {"email", "push", "in_app"})
    CHECK(text_at(shown, std::string("/channels/") + channel + "/state") == "delivered");
  CHECK(text_at(shown, "/channels/push/history/0/state") == "attempting");
  CHECK(text_at(shown, "/channels/push/history/1/state") == "delivered");
  CHECK(lines_of(n.witness()) == 2);
  const auto inbox = n.api.get("/v1/users/ada/inbox");
  CHECK(text_at(inbox, "/data/0/title") == "Hello");
  CHECK(n.server.terminate() == 0);
}

TEST_CASE("bad requests are told what is wrong, all of it") {
  Notifier n;
  CHECK(n.api.post("/v1/notifications", "{").status == 400);
  const auto bad =
      n.api.post("/v1/notifications", R"({"userId":"","title":"","channels":["fax"],"priority":"high","x":1})");
  CHECK(bad.status == 422);
  for (const char* field : {"userId", "category", "title", "body", "channels", "priority", "x"})
    CHECK(bad.body.find("\"" + std::string(field) + "\"") != std::string::npos);
  CHECK(n.api.post("/v1/broadcasts", R"({"category":"n","title":"T","body":"B"})").status == 422);
  CHECK(n.api.post("/v1/broadcasts", R"({"audience":{"all":false},"category":"n","title":"T","body":"B"})").status ==
        422);
  CHECK(n.api.get("/v1/notifications/1").status == 404);
  CHECK(n.api.get("/v1/notifications/x").status == 404);
  CHECK(n.api.get("/v1/broadcasts/1").status == 404);
  CHECK(n.api.post("/v1/dead-letters/1:retry", "{}").status == 404);
  CHECK(n.api.request("PUT", "/v1/users/a%2Fb", "Content-Type: application/json\r\n", "{}").status == 422);
  CHECK(n.api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"email":"x"})").status == 422);
  CHECK(n.api
            .request("PUT", "/v1/users/ada/preferences", "Content-Type: application/json\r\n",
                     R"({"quietHours":{"from":"25:00","to":"x"}})")
            .status == 422);
  CHECK(n.api.request("POST", "/v1/users:import", "Content-Type: application/json\r\n", "{}").status == 415);
}

TEST_CASE("a request with an Idempotency-Key happens once") {
  Notifier n;
  const std::string key = "Idempotency-Key: \"k-1\"\r\n";
  const std::string body = R"({"userId":"ada","category":"general","title":"T","body":"B","channels":["in_app"]})";
  n.api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", "{}");
  const auto first = n.api.post("/v1/notifications", body, key);
  const auto second = n.api.post("/v1/notifications", body, key);
  CHECK(first.status == 202);
  CHECK(second.status == 202);
  CHECK(second.body == first.body);
  CHECK(second.header("Idempotent-Replayed") == "true");
  CHECK(
      n.api.post("/v1/notifications", R"({"userId":"bob","category":"general","title":"T","body":"B"})", key).status ==
      422);
  CHECK(eventually(5s, [&] { return state_of(n.api, text_at(first, "/id"), "in_app") == "delivered"; }));
  CHECK(json_of(n.api.get("/v1/users/ada/inbox")).at("data").as_array().size() == 1);
}

TEST_CASE("an import is a stream of any size, and says which lines were not stored") {
  Notifier n({"--max-body", "64KiB"});
  std::string lines;
  for (std::size_t i = 1; i <= 20'000; ++i)
    lines += R"({"id":")" + numbered_user(i) + R"(","pushToken":"t"})" + (i == 7 ? "oops\n" : "\n");
  REQUIRE(lines.size() > 10 * 64 * 1024);
  const auto answer = n.api.request("POST", "/v1/users:import", "Content-Type: application/x-ndjson\r\n", lines);
  CHECK(answer.status == 200);
  CHECK(text_at(answer, "/stored") == "19999");
  CHECK(text_at(answer, "/problems/0/line") == "7");
  CHECK(n.api.get("/v1/users/" + numbered_user(20'000)).status == 200);
  CHECK(n.api.get("/v1/users/" + numbered_user(7)).status == 404);
}

TEST_CASE("a broadcast reaches everybody once, and its counts add up") {
  Notifier n;
  constexpr std::size_t count = 10'000;
  import_users(n.api, count);
  REQUIRE(n.api
              .request("PUT", "/v1/users/" + numbered_user(1) + "/preferences", "Content-Type: application/json\r\n",
                       R"({"categories":{"news":{"push":false}}})")
              .status == 200);
  const auto id = broadcast_all(n.api);
  REQUIRE(broadcast_ends(n.api, id, 60s * slowness));
  const auto shown = n.api.get("/v1/broadcasts/" + id);
  CHECK(text_at(shown, "/audience") == std::to_string(count));
  CHECK(text_at(shown, "/planned") == std::to_string(count));
  CHECK(text_at(shown, "/delivered") == std::to_string(count - 1));
  CHECK(text_at(shown, "/suppressed") == "1");
  CHECK(text_at(shown, "/failed") == "0");
  CHECK(text_at(shown, "/ambiguous") == "0");
  CHECK(lines_of(n.witness()) == count - 1);
  CHECK(n.server.terminate() == 0);
}

TEST_CASE("what is scheduled waits, and what is cancelled never starts") {
  Notifier n;
  n.api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"pushToken":"t"})");
  const auto soon = common::format_rfc3339(common::SystemClock{}.now() + 2s);
  const auto far = common::format_rfc3339(common::SystemClock{}.now() + 1h);
  const auto first = notify(n.api, "ada", R"(,"sendAt":")" + soon + "\"");
  const auto second = notify(n.api, "ada", R"(,"sendAt":")" + far + "\"");
  CHECK(state_of(n.api, first) == "planned");
  CHECK(n.api.remove("/v1/notifications/" + second).status == 204);
  CHECK(state_of(n.api, second) == "cancelled");
  CHECK(text_at(n.api.get("/v1/notifications/" + second), "/status") == "cancelled");
  CHECK(eventually(10s, [&] { return state_of(n.api, first) == "delivered"; }));
  CHECK(lines_of(n.witness()) == 1);
  CHECK(n.api.remove("/v1/notifications/1").status == 404);
}

TEST_CASE("an unsubscribe by one click is honoured for what is already queued, and looking changes nothing") {
  Notifier n;
  n.api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", R"({"email":"ada@example.org"})");
  const auto soon = common::format_rfc3339(common::SystemClock{}.now() + 1500ms);
  const auto id = notify(n.api, "ada", R"(,"sendAt":")" + soon + "\"");
  CHECK(n.api.get("/unsubscribe?token=nonsense").status == 404);
  CHECK(n.api.request("POST", "/unsubscribe?token=nonsense", "", "List-Unsubscribe=One-Click").status == 404);
  CHECK(state_of(n.api, id) == "planned");
}

TEST_CASE("the inbox is a stream of events too") {
  Notifier n;
  n.api.request("PUT", "/v1/users/ada", "Content-Type: application/json\r\n", "{}");
  RawClient events(n.server.port(), 10s);
  events.send("GET /v1/users/ada/inbox/events HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string seen;
  const auto see = [&](std::string_view what) {
    for (int i = 0; i < 20 && seen.find(what) == std::string::npos; ++i)
      seen += events.receive();
    return seen.find(what) != std::string::npos;
  };
  CHECK(see("text/event-stream"));
  const auto answer = n.api.post(
      "/v1/notifications", R"({"userId":"ada","category":"general","title":"Live","body":"B","channels":["in_app"]})");
  REQUIRE(answer.status == 202);
  CHECK(see("Live"));
}
