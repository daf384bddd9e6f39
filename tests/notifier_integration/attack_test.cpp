// Clients that mean no good, or cannot do better: what the server says to them, and that it goes on.

#include <thread>

#include "tests/notifier_integration/notifier_client.h"

using namespace testing;

namespace {

const std::string json_type = "Content-Type: application/json\r\n";
const std::string lines_type = "Content-Type: application/x-ndjson\r\n";

struct Notifier {
  explicit Notifier(std::vector<std::string> flags = {}) : server(with_data(std::move(flags)), {}, "notifier") {}
  std::vector<std::string> with_data(std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--data", data.path()});
    return flags;
  }
  // By a connection of its own: a refusal may end one.
  RawResponse ask(std::string_view method, std::string_view path, std::string_view headers, std::string_view body) {
    return ApiClient(server.port()).request(method, path, headers, body);
  }
  bool well() {
    return ask("PUT", "/v1/users/ada", json_type, R"({"pushToken":"t"})").status == 200 &&
           ApiClient(server.port()).get("/readyz").status == 200;
  }

  TempFolder data;
  ServerProcess server;
};

std::string notification(const std::string& title) {
  return R"({"userId":"ada","category":"general","title":")" + title + R"(","body":"B"})";
}

}  // namespace

TEST_CASE("bytes that are no UTF-8, NULs, line breaks and a depth without end are refused") {
  Notifier n;
  const auto post = [&](const std::string& body) { return n.ask("POST", "/v1/notifications", json_type, body).status; };
  CHECK(post(notification("\xff\xfe")) == 400);
  CHECK(post(notification("\xc0\xaf")) == 400);
  CHECK(post(notification("\\ud800")) == 400);  // half a character
  CHECK(post(notification("a\\u0000b")) == 422);
  CHECK(post(notification("a\\r\\nBcc: eve@example.org")) == 422);
  CHECK(post(notification(std::string(501, 'x'))) == 422);
  CHECK(post(std::string(20'000, '[')) == 400);
  CHECK(post("[]") == 422);
  CHECK(post(notification("\xf0\x9f\x92\xa1")) == 202);
  CHECK(n.well());
}

TEST_CASE("ids that are too large, negative or no numbers lead nowhere") {
  Notifier n;
  for (const std::string id :
       {"99999999999999999999999", "18446744073709551615", "9223372036854775808", "-1", "1.5", "%00", "0x10"}) {
    INFO(id);
    for (const std::string path : {"/v1/notifications/", "/v1/broadcasts/"}) {
      CHECK(n.ask("GET", path + id, "", "").status == 404);
      CHECK(n.ask("DELETE", path + id, "", "").status == 404);
    }
    CHECK(n.ask("POST", "/v1/dead-letters/" + id + ":retry", json_type, "{}").status == 404);
  }
  CHECK(n.ask("GET", "/v1/dead-letters?cursor=nonsense", "", "").status == 422);
  CHECK(n.ask("GET", "/v1/users/ada/inbox?limit=100000", "", "").status == 422);
  CHECK(n.well());
}

TEST_CASE("a body that is too large is refused before it is read, an import may be of any size") {
  Notifier n({"--max-body", "64KiB"});
  CHECK(n.ask("POST", "/v1/notifications", json_type, notification(std::string(100'000, 'x'))).status == 413);
  std::string lines = R"({"id":"first"})"
                      "\n";
  lines += std::string(3 * 1024 * 1024, 'x') + "\n";  // one line
  lines += R"({"id":"bad)"
           "\xff"
           R"("})"
           "\n";
  lines += R"({"id":"last"})";
  const auto answer = n.ask("POST", "/v1/users:import", lines_type, lines);
  CHECK(answer.status == 200);
  CHECK(text_at(answer, "/stored") == "2");
  CHECK(text_at(answer, "/refused") == "2");
  CHECK(text_at(answer, "/problems/0/line") == "2");
  CHECK(text_at(answer, "/problems/1/line") == "3");
  CHECK(n.ask("GET", "/v1/users/last", "", "").status == 200);
  CHECK(n.well());
}

TEST_CASE("an import that trickles in is no burden, and one that breaks off keeps what was stored") {
  Notifier n({"--idle-timeout", "1s"});
  RawClient slow(n.server.port(), 20s);
  slow.send("POST /v1/users:import HTTP/1.1\r\nHost: x\r\n" + lines_type + "Content-Length: 1000000\r\n\r\n");
  slow.send(R"({"id":"slow"})"
            "\n");
  CHECK(n.well());                       // while it waits
  CHECK(slow.response().status == 400);  // the idle timeout's
  RawClient broken(n.server.port());
  std::string lines;
  for (std::size_t i = 1; i <= 5'000; ++i)
    lines += R"({"id":")" + numbered_user(i) + "\"}\n";
  broken.send("POST /v1/users:import HTTP/1.1\r\nHost: x\r\n" + lines_type +
              "Content-Length: " + std::to_string(lines.size() + 100) + "\r\n\r\n" + lines);
  CHECK(eventually(10s, [&] { return n.ask("GET", "/v1/users/" + numbered_user(2'000), "", "").status == 200; }));
  broken.reset();
  CHECK(n.well());
}

TEST_CASE("two hundred who watch an inbox and never read cost the others nothing") {
  Notifier n;
  REQUIRE(n.well());
  std::vector<std::unique_ptr<RawClient>> watchers;
  for (int i = 0; i < 200; ++i) {
    watchers.push_back(std::make_unique<RawClient>(n.server.port(), 10s, 4096));
    watchers.back()->send("GET /v1/users/ada/inbox/events HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  ApiClient api(n.server.port());
  const std::string long_text(10'000, 'x');
  std::string id;
  for (int i = 0; i < 50; ++i) {
    const auto answer = api.post("/v1/notifications", R"({"userId":"ada","category":"general","title":"T","body":")" +
                                                          long_text + R"(","channels":["in_app"]})");
    REQUIRE(answer.status == 202);
    id = text_at(answer, "/id");
  }
  CHECK(eventually(20s * slowness, [&] { return state_of(api, id, "in_app") == "delivered"; }));
  CHECK(n.server.anonymous_bytes() < std::size_t{512} * 1024 * 1024);
  CHECK(n.server.terminate() == 0);  // with all of them connected
}

TEST_CASE("markup in names is text on the page that unsubscribes") {
  Notifier n;
  const auto page = n.ask("GET", "/unsubscribe?token=%3Cscript%3Ealert(1)%3C/script%3E", "", "");
  CHECK(page.status == 404);
  CHECK(page.body.find("<script") == std::string::npos);
}

TEST_CASE("an audience of ten thousand names is taken, one more is not; names that are nobody's are suppressed") {
  Notifier n({"--max-body", "2MiB"});
  REQUIRE(n.well());
  const auto broadcast = [&](std::size_t count) {
    std::string names = R"("ada")";
    for (std::size_t i = 1; i < count; ++i)
      names += ",\"" + numbered_user(i) + "\"";
    return n.ask(
        "POST", "/v1/broadcasts", json_type,
        R"({"audience":{"userIds":[)" + names + R"(]},"category":"news","title":"T","body":"B","channels":["push"]})");
  };
  CHECK(broadcast(10'001).status == 422);
  const auto taken = broadcast(10'000);
  REQUIRE(taken.status == 202);
  ApiClient api(n.server.port());
  const auto id = text_at(taken, "/id");
  REQUIRE(broadcast_ends(api, id, 60s * slowness));
  const auto shown = api.get("/v1/broadcasts/" + id);
  CHECK(text_at(shown, "/delivered") == "1");
  CHECK(text_at(shown, "/suppressed") == "9999");
}

TEST_CASE("kill -9 in the middle of an import loses nothing that the next one does not bring") {
  const TempFolder data;
  const std::vector<std::string> flags{"--data", data.path()};
  auto server = std::make_unique<ServerProcess>(flags, Environment{}, "notifier");
  {
    RawClient client(server->port());
    std::string lines;
    for (std::size_t i = 1; i <= 20'000; ++i)
      lines += R"({"id":")" + numbered_user(i) + "\",\"pushToken\":\"t\"}\n";
    client.send("POST /v1/users:import HTTP/1.1\r\nHost: x\r\n" + lines_type +
                "Content-Length: " + std::to_string(lines.size() + 100) + "\r\n\r\n" + lines);
    ApiClient api(server->port());
    REQUIRE(eventually(10s * slowness, [&] { return api.get("/v1/users/" + numbered_user(2'000)).status == 200; }));
    server->kill();
  }
  server = std::make_unique<ServerProcess>(flags, Environment{}, "notifier");
  ApiClient api(server->port());
  import_users(api, 20'000);
  const auto id = broadcast_all(api);
  REQUIRE(broadcast_ends(api, id, 60s * slowness));
  CHECK(text_at(api.get("/v1/broadcasts/" + id), "/delivered") == "20000");  // each counted once
}
