// Priority, quota, unsubscribing, digests, collapsing, quiet hours, providers that fail: on a running server.

#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>

#include "tests/notifier_integration/notifier_client.h"
#include "tests/support/scripted_server.h"

using namespace testing;

namespace {

const std::string json_type = "Content-Type: application/json\r\n";

std::unique_ptr<ServerProcess> start(const TempFolder& data, std::vector<std::string> flags = {}) {
  flags.insert(flags.end(), {"--data", data.path()});
  return std::make_unique<ServerProcess>(flags, Environment{}, "notifier");
}

void put(ApiClient& api, const std::string& user, const std::string& body) {
  REQUIRE(api.request("PUT", "/v1/users/" + user, json_type, body).status == 200);
}

std::vector<std::string> lines_in(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a critical notification sent in the middle of a bulk broadcast is delivered within a second") {
  const TempFolder data;
  const auto server = start(data);
  ApiClient api(server->port());
  constexpr std::size_t count = 30'000;
  import_users(api, count);
  const auto id = broadcast_all(api);
  REQUIRE(eventually(20s * slowness,
                     [&] { return std::stoul(text_at(api.get("/v1/broadcasts/" + id), "/delivered")) > 1000; }));
  const auto begin = std::chrono::steady_clock::now();
  const auto critical = notify(api, numbered_user(count), R"(,"priority":"critical")");
  CHECK(eventually(10s * slowness, [&] { return state_of(api, critical) == "delivered"; }));
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto behind = text_at(api.get("/v1/broadcasts/" + id), "/status");
  std::cout << "critical after " << std::chrono::duration<double>(took).count() << " s, broadcast " << behind << "\n";
  CHECK(behind != "done");
  CHECK(took < 1s * slowness);
}

TEST_CASE("a quota is never exceeded, the estimate holds, and critical passes by") {
  const TempFolder data;
  const auto server = start(data, {"--quota", "push=1200/10s"});
  ApiClient api(server->port());
  constexpr std::size_t count = 2'400;
  import_users(api, count);
  const auto begin = common::SystemClock{}.now();
  const auto id = broadcast_all(api);
  REQUIRE(eventually(5s * slowness,
                     [&] { return text_at(api.get("/v1/broadcasts/" + id), "/estimatedDoneAt") != "null"; }));
  const auto estimate =
      common::parse_rfc3339(text_at(api.get("/v1/broadcasts/" + id), "/estimatedDoneAt")).value() - begin;
  const auto critical_from = std::chrono::steady_clock::now();
  const auto critical = notify(api, numbered_user(1), R"(,"priority":"critical")");
  CHECK(eventually(5s * slowness, [&] { return state_of(api, critical) == "delivered"; }));
  CHECK(std::chrono::steady_clock::now() - critical_from < 1s * slowness);
  REQUIRE(broadcast_ends(api, id, 60s * slowness));
  const auto took = common::SystemClock{}.now() - begin;
  std::cout << "estimated " << estimate.count() / 1e6 << " s, took " << took.count() / 1e6 << " s\n";
  CHECK(std::abs(estimate.count() - took.count()) * 10 <= took.count());
  CHECK(lines_of(data.path() / "sink.jsonl") == count + 1);
  const auto most = most_within(data.path() / "sink.jsonl", 10s);
  std::cout << "at most " << most << " within any 10 s\n";
  CHECK(most <= 1200);
}

TEST_CASE("an unsubscribe by one click stops what is already queued; GET changes nothing") {
  const TempFolder data;
  std::mutex mutex;
  std::string mail;
  ScriptedServer smtp([&](ScriptedServer::Peer& peer) {
    peer.send("220 test\r\n");
    while (const auto more = peer.receive()) {
      const std::lock_guard lock(mutex);
      mail += *more;
      peer.send(more->starts_with("DATA") ? "354 go\r\n" : "250 ok\r\n");
    }
  });
  const auto server = start(data, {"--email", "smtp://127.0.0.1:" + std::to_string(smtp.port())});
  ApiClient api(server->port());
  put(api, "ada", R"({"email":"ada@example.org"})");
  const auto send_mail = [&](const std::string& more) {
    const auto answer =
        api.post("/v1/notifications",
                 R"({"userId":"ada","category":"news","title":"T","body":"B","channels":["email"])" + more + "}");
    REQUIRE(answer.status == 202);
    return text_at(answer, "/id");
  };
  const auto first = send_mail("");
  REQUIRE(eventually(10s * slowness, [&] { return state_of(api, first, "email") == "delivered"; }));
  std::string link;
  {
    const std::lock_guard lock(mutex);
    CHECK(mail.find("List-Unsubscribe-Post: List-Unsubscribe=One-Click") != std::string::npos);
    const auto at = mail.find("/unsubscribe?token=");
    REQUIRE(at != std::string::npos);
    link = mail.substr(at, mail.find('>', at) - at);
  }
  const auto queued = send_mail(R"(,"sendAt":")" + common::format_rfc3339(common::SystemClock{}.now() + 2s) + "\"");
  CHECK(api.get(link).status == 200);  // a scanner follows it
  CHECK(text_at(api.get("/v1/users/ada/preferences"), "/categories") == "{}");
  CHECK(api.request("POST", link, "Content-Type: application/x-www-form-urlencoded\r\n", "List-Unsubscribe=One-Click")
            .status == 200);
  CHECK(text_at(api.get("/v1/users/ada/preferences"), "/categories/news/email") == "false");
  CHECK(eventually(20s * slowness, [&] { return state_of(api, queued, "email") == "suppressed"; }));
  CHECK(text_at(api.get("/v1/notifications/" + queued), "/channels/email/reason") == "preference");
}

TEST_CASE("a digest is one message with everything of its window") {
  const TempFolder data;
  const auto file = data.path() / "categories.toml";
  std::ofstream(file) << "[[category]]\nname = \"social\"\nchannels = [\"push\"]\ndigest = \"3s\"\n";
  const auto server = start(data, {"--categories", file});
  ApiClient api(server->port());
  put(api, "ada", R"({"pushToken":"t"})");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(text_at(
        api.post("/v1/notifications", R"({"userId":"ada","category":"social","title":"T","body":"B"})"), "/id"));
  for (const auto& id : ids)
    CHECK(eventually(15s * slowness, [&] { return state_of(api, id) == "delivered"; }));
  const auto lines = lines_in(data.path() / "sink.jsonl");
  CHECK(lines.size() <= 2);  // two, if a window ended between them
  std::string all;
  for (const auto& line : lines)
    all += line;
  for (const auto& id : ids)
    CHECK(all.find("\"" + id + "\"") != std::string::npos);
}

TEST_CASE("of what has one collapse key and has not started, the newest is sent") {
  const TempFolder data;
  const auto server = start(data);
  ApiClient api(server->port());
  put(api, "ada", R"({"pushToken":"t"})");
  const auto soon = common::format_rfc3339(common::SystemClock{}.now() + 1s);
  const auto old = notify(api, "ada", R"(,"collapseKey":"score","sendAt":")" + soon + "\"");
  std::this_thread::sleep_for(5ms);  // ids are ordered by milliseconds
  const auto newest = notify(api, "ada", R"(,"collapseKey":"score","sendAt":")" + soon + "\"");
  CHECK(eventually(10s * slowness, [&] { return state_of(api, newest) == "delivered"; }));
  CHECK(eventually(10s * slowness, [&] { return state_of(api, old) == "cancelled"; }));
  CHECK(lines_of(data.path() / "sink.jsonl") == 1);
}

TEST_CASE("in quiet hours it waits, unless it is critical") {
  const TempFolder data;
  const auto server = start(data);
  ApiClient api(server->port());
  put(api, "ada", R"({"pushToken":"t"})");
  const auto now = common::SystemClock{}.now();
  const auto minute =
      std::chrono::floor<std::chrono::minutes>(now - std::chrono::floor<std::chrono::days>(now)).count();
  const auto wall = [](long value) {
    value = (value + 1440) % 1440;
    return std::string(1, static_cast<char>('0' + value / 600)) + static_cast<char>('0' + value / 60 % 10) + ":" +
           static_cast<char>('0' + value % 60 / 10) + static_cast<char>('0' + value % 10);
  };
  REQUIRE(api.request("PUT", "/v1/users/ada/preferences", json_type,
                      R"({"quietHours":{"from":")" + wall(minute - 60) + R"(","to":")" + wall(minute + 60) + "\"}}")
              .status == 200);
  const auto waiting = notify(api, "ada");
  const auto critical = notify(api, "ada", R"(,"priority":"critical")");
  CHECK(eventually(10s * slowness, [&] { return state_of(api, critical) == "delivered"; }));
  CHECK(eventually(10s * slowness, [&] {
    return text_at(api.get("/v1/notifications/" + waiting), "/channels/push/reason") == "quiet_hours";
  }));
  CHECK(state_of(api, waiting) == "planned");
  CHECK(api.remove("/v1/notifications/" + waiting).status == 204);
  CHECK(state_of(api, waiting) == "cancelled");
}

TEST_CASE("each way that a provider fails ends in the state that is promised") {
  struct Case {
    std::string fail, state, attempts;
    std::vector<std::string> flags = {};
  };
  for (const Case& each :
       {Case{"429:100%:1", "delivered", "2"}, Case{"500:100%:2", "delivered", "3"}, Case{"400", "failed", "1"},
        Case{"404", "failed", "1"}, Case{"503", "failed", "3", {"--max-attempts", "3"}},
        Case{"reset:100%:1", "delivered", "2"}, Case{"slow", "delivered", "1"},
        Case{"hang:100%:1", "delivered", "2", {"--provider-timeout", "500ms"}},
        Case{"hang:100%:1", "ambiguous", "1", {"--provider-timeout", "500ms", "--ambiguous-push", "drop"}}}) {
    INFO(each.fail << " " << each.state);
    const TempFolder data;
    ServerProcess sink({"--fail", each.fail, "--log", "taken.jsonl"}, {}, "notifier_sink");
    auto flags = each.flags;
    flags.insert(flags.end(), {"--push", sink.url() + "/v1/projects/p/messages:send"});
    const auto server = start(data, flags);
    ApiClient api(server->port());
    put(api, "ada", R"({"pushToken":"t"})");
    const auto id = notify(api, "ada");
    CHECK(eventually(40s * slowness, [&] { return state_of(api, id) == each.state; }));
    const auto shown = api.get("/v1/notifications/" + id);
    INFO(shown.body);
    CHECK(text_at(shown, "/channels/push/attempts") == each.attempts);
    if (each.fail == "404") {  // the token is gone: never again
      const auto next = notify(api, "ada");
      CHECK(eventually(10s * slowness, [&] { return state_of(api, next) == "suppressed"; }));
    }
    if (each.state != "failed") continue;
    const auto letters = api.get("/v1/dead-letters");
    CHECK(text_at(letters, "/data/0/notification") == id);
  }
}

TEST_CASE("a dead letter may be tried again") {
  const TempFolder data;
  ServerProcess sink({"--fail", "400:100%:1", "--log", "taken.jsonl"}, {}, "notifier_sink");
  const auto server = start(data, {"--push", sink.url() + "/v1/projects/p/messages:send"});
  ApiClient api(server->port());
  put(api, "ada", R"({"pushToken":"t"})");
  const auto id = notify(api, "ada");
  REQUIRE(eventually(10s * slowness, [&] { return state_of(api, id) == "failed"; }));
  const auto letter = text_at(api.get("/v1/dead-letters"), "/data/0/id");
  CHECK(api.post("/v1/dead-letters/" + letter + ":retry", "{}").status == 202);
  CHECK(eventually(10s * slowness, [&] { return state_of(api, id) == "delivered"; }));
  CHECK(json_of(api.get("/v1/dead-letters")).at("data").as_array().empty());
}

TEST_CASE("mail: 421, 450 and 550, and a connection cut after the message") {
  struct Case {
    std::string fail, state;
    std::vector<std::string> flags = {};
  };
  for (const Case& each :
       {Case{"421:100%:1", "delivered"}, Case{"450:100%:1", "delivered"}, Case{"550", "failed"},
        Case{"cut:100%:1", "ambiguous"}, Case{"cut:100%:1", "delivered", {"--ambiguous-email", "retry"}},
        Case{"hang:100%:1", "ambiguous", {"--provider-timeout", "1s"}}}) {
    INFO(each.fail << " " << each.state);
    const TempFolder data;
    ServerProcess sink({"--fail", each.fail, "--smtp", "127.0.0.1:0", "--log", "taken.jsonl"}, {}, "notifier_sink");
    std::string port;
    REQUIRE(eventually(10s, [&] {
      const auto log = sink.errors();
      const auto at = log.find("port=");
      if (at != std::string::npos) port = log.substr(at + 5, log.find_first_of(" \n", at) - at - 5);
      return !port.empty();
    }));
    auto flags = each.flags;
    flags.insert(flags.end(), {"--email", "smtp://127.0.0.1:" + port});
    const auto server = start(data, flags);
    ApiClient api(server->port());
    put(api, "ada", R"({"email":"ada@example.org"})");
    const auto answer = api.post("/v1/notifications",
                                 R"({"userId":"ada","category":"news","title":"T","body":"B","channels":["email"]})");
    CHECK(eventually(30s * slowness, [&] { return state_of(api, text_at(answer, "/id"), "email") == each.state; }));
    INFO(api.get("/v1/notifications/" + text_at(answer, "/id")).body);
    if (each.state == "delivered") CHECK(lines_of(sink.folder() / "taken.jsonl") == 1);
  }
}

TEST_CASE("one trace from the request to the provider") {
  const TempFolder data;
  CollectingServer provider("{}", "application/json");
  const auto server =
      start(data, {"--push", provider.url() + "/v1/projects/p/messages:send", "--trace-exporter", "log"});
  ApiClient api(server->port());
  put(api, "ada", R"({"pushToken":"t"})");
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const auto answer = api.post("/v1/notifications",
                               R"({"userId":"ada","category":"general","title":"T","body":"B","channels":["push"]})",
                               "traceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n");
  REQUIRE(answer.status == 202);
  REQUIRE(eventually(10s * slowness, [&] { return provider.requests().size() == 1; }));
  CHECK(provider.requests()[0].header("traceparent").find(trace) != std::string::npos);
  CHECK(eventually(5s, [&] { return server->errors().find("deliver push") != std::string::npos; }));
}

TEST_CASE("roles as processes share the work, and a worker that is added or stopped repeats and loses nothing") {
  const TempFolder data;
  const auto api_server = start(data, {"--role", "api"});
  const auto planner = start(data, {"--role", "planner"});
  auto first = start(data, {"--role", "worker"});
  ApiClient api(api_server->port());
  constexpr std::size_t count = 20'000;
  import_users(api, count);
  const auto id = broadcast_all(api);
  const auto delivered = [&] { return std::stoul(text_at(api.get("/v1/broadcasts/" + id), "/delivered")); };
  REQUIRE(eventually(20s * slowness, [&] { return delivered() > 500; }));
  const auto second = start(data, {"--role", "worker"});
  const auto third = start(data, {"--role", "worker"});
  REQUIRE(eventually(30s * slowness, [&] { return delivered() > count / 3; }));
  CHECK(first->terminate() == 0);
  REQUIRE(broadcast_ends(api, id, 60s * slowness));
  const auto shown = api.get("/v1/broadcasts/" + id);
  CHECK(text_at(shown, "/delivered") == std::to_string(count));
  CHECK(text_at(shown, "/repeatedInDoubt") == "0");
  CHECK(lines_of(data.path() / "sink.jsonl") == count);
}
