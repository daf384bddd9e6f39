// Users through the real program: read, cached, changed, deleted, with every embedded store and cache.

#include <atomic>
#include <iostream>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* ada = R"({"name":"Ada","email":"ada@example.com"})";

std::string path_of(const RawResponse& created) {
  return created.header("Location");
}

std::string metric(ApiClient& api, const std::string& name) {
  const std::string text = api.get("/metrics").body;
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("a user's whole life, with each embedded store, cache and write policy") {
  const std::vector<std::vector<std::string>> kinds = {
      {},
      {"--store", "memory"},
      {"--cache", "none"},
      {"--preset", "textbook"},
      {"--write-policy", "versioned"},
      {"--write-policy", "write_through"},
      {"--write-policy", "write_behind"},
      {"--write-policy", "double_delete"},
      {"--write-policy", "delete_before_commit"},
      {"--stampede", "stale_while_revalidate"},
      {"--stampede", "early_refresh", "--eviction", "w_tinylfu"},
  };
  for (const auto& flags : kinds) {
    INFO((flags.empty() ? "defaults" : flags[0] + " " + flags[1]));
    ServerProcess server(flags, {}, "cache_aside");
    ApiClient api(server.port());
    const bool cached = flags.empty() || flags[1] != "none";

    const auto created = api.post("/users", ada);
    REQUIRE(created.status == 201);
    CHECK(created.header("ETag") == "\"1\"");
    const std::string path = path_of(created);
    CHECK(path == "/users/" + text_at(created, "/id"));
    CHECK(json_of(created).as_object().size() == 4);

    CHECK(api.get(path).header("X-Cache") == (cached ? "miss" : "bypass"));
    const auto read = api.get(path);
    CHECK(read.status == 200);
    CHECK(read.body == created.body);
    CHECK(read.header("X-Cache") == (cached ? "hit" : "bypass"));
    CHECK(read.header("Server-Timing").find("total;dur=") != std::string::npos);
    CHECK(api.get(path, "If-None-Match: \"1\"\r\n").status == 304);
    CHECK(api.head(path).status == 200);

    CHECK(api.patch(path, R"({"name":"B"})").status == 428);
    CHECK(api.patch(path, R"({"name":"B"})", "If-Match: \"7\"\r\n").status == 412);
    const auto edited = api.patch(path, R"({"name":"Bea"})", if_match(created));
    CHECK(edited.status == 200);
    CHECK(edited.header("ETag") == "\"2\"");
    CHECK(text_at(edited, "/email") == "ada@example.com");
    CHECK(api.get(path).body == edited.body);
    CHECK(api.get(path).body == edited.body);
    CHECK(api.patch(path, R"({"name":"C"})", if_match(created)).status == 412);
    const auto any = api.patch(path, R"({"email":"c@example.com"})", "If-Match: *\r\n");
    CHECK(any.status == 200);
    CHECK(api.patch(path, R"({"name":"C"})", "If-Match: \"1\", \"3\"\r\n").header("ETag") == "\"4\"");

    CHECK(api.remove(path, "If-Match: \"1\"\r\n").status == 412);
    CHECK(api.remove(path).status == 204);
    CHECK(api.get(path).status == 404);
    CHECK(error_code(api.get(path)) == "USER_NOT_FOUND");
    CHECK(api.remove(path).status == 404);
    CHECK(api.patch(path, R"({"name":"C"})", "If-Match: *\r\n").status == 404);
    CHECK(server.terminate() == 0);
  }
}

// That a creation drops a cached absence: tests/cache_aside_services/refusals_test.cpp. Here no id is ever skipped.
TEST_CASE("absence is cached, an id above all others is asked for anew, and a flood of made-up ids stays outside") {
  ServerProcess server({"--store", "memory"}, {}, "cache_aside");
  ApiClient api(server.port());
  CHECK(api.get("/users/1").header("X-Cache") == "miss");
  CHECK(api.get("/users/1").header("X-Cache") == "miss");
  CHECK(api.post("/users", ada).status == 201);
  CHECK(api.get("/users/1").status == 200);
  CHECK(api.post("/users", ada).status == 201);
  CHECK(api.remove("/users/2").status == 204);
  CHECK(api.get("/users/2").header("X-Cache") == "miss");
  CHECK(api.get("/users/2").header("X-Cache") == "negative");
  for (int i = 0; i < 200; ++i)
    CHECK(api.get("/users/" + std::to_string(1'000'000 + 977 * i)).status == 404);
  CHECK(std::stoi(metric(api, "cache_local_entries")) <= 2);
}

TEST_CASE("without a cache an id that cannot exist says bypass, and is counted, as any other") {
  ServerProcess server({"--store", "memory", "--cache", "none"}, {}, "cache_aside");
  ApiClient api(server.port());
  const auto absent = api.get("/users/77");
  CHECK(absent.status == 404);
  CHECK(absent.header("X-Cache") == "bypass");
  CHECK(api.get("/posts/77").header("X-Cache") == "bypass");
  CHECK(metric(api, "cache_reads_total{source=\"bypass\"}") == "2");
}

TEST_CASE("a post that write_through puts is kept for the TTL of posts") {
  ServerProcess server({"--store", "memory", "--write-policy", "write_through", "--ttl", "1ms", "--ttl-jitter", "0%"},
                       {}, "cache_aside");
  ApiClient api(server.port());
  REQUIRE(api.post("/users", ada).status == 201);
  const auto created = api.post("/posts", R"({"authorId":1,"text":"first"})");
  const std::string path = path_of(created);
  const auto edited = api.patch(path, R"({"text":"second"})", if_match(created));
  REQUIRE(edited.status == 200);
  for (int i = 0; i < 50; ++i) {  // which takes longer than a user's TTL
    const auto read = api.get(path);
    CHECK(read.body == edited.body);
    CHECK(read.header("X-Cache") == "hit");
  }
}

TEST_CASE("bad input gets a clear answer, and nothing of it reaches the database") {
  ServerProcess server({"--store", "memory"}, {}, "cache_aside");
  ApiClient api(server.port());
  CHECK(api.post("/users", "{").status == 400);
  CHECK(api.request("POST", "/users", "Content-Type: text/plain\r\n", "{}").status == 415);
  CHECK(api.post("/users", "[]").status == 422);
  for (const char* body : {R"({"name":"","email":"a@b"})", R"({"name":"A","email":"nobody"})",
                           R"({"name":"A","email":"a@b","admin":true})", R"({"name":5,"email":"a@b"})",
                           R"({"name":"A\u0000B","email":"a@b"})", R"({"email":"a@b"})"}) {
    INFO(body);
    const auto refused = api.post("/users", body);
    CHECK(refused.status == 422);
    CHECK_FALSE(json_of(refused).at_pointer("/error/details").as_array().empty());
  }
  REQUIRE(api.post("/users", ada).status == 201);
  CHECK(api.patch("/users/1", "{}", "If-Match: *\r\n").status == 422);
  CHECK(api.patch("/users/1", R"({"name":null})", "If-Match: *\r\n").status == 422);
  CHECK(api.get("/users/abc").status == 404);
  CHECK(api.get("/users/99999999999999999999999").status == 404);
  CHECK(api.get("/users/18446744073709551615").status == 404);
  CHECK(api.request("PUT", "/users/1", "Content-Type: application/json\r\n", "{}").status == 405);
  CHECK(api.post("/posts", R"({"authorId":77,"text":"x"})").status == 422);
  CHECK(api.post("/posts", R"({"authorId":-1,"text":"x"})").status == 422);
  CHECK(api.post("/posts", R"({"authorId":1,"text":""})").status == 422);
  CHECK(api.post("/users/1/follow/1", "{}").status == 422);
  CHECK(api.post("/users/1/follow/9", "{}").status == 404);
  CHECK(api.get("/feed/1?limit=0").status == 422);
  CHECK(api.get("/feed/1?cursor=abc").status == 422);
  CHECK(api.get("/feed/9").status == 404);
}

TEST_CASE("a creation that is sent twice with one key happens once") {
  ServerProcess server({}, {}, "cache_aside");
  ApiClient api(server.port());
  const auto first = api.post("/users", ada, "Idempotency-Key: k1\r\n");
  const auto again = api.post("/users", ada, "Idempotency-Key: \"k1\"\r\n");
  CHECK(first.status == 201);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("Location") == first.header("Location"));
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(api.post("/users", R"({"name":"B","email":"b@b"})", "Idempotency-Key: k1\r\n").status == 422);
  CHECK(api.get("/users/2").status == 404);
  const auto post = api.post("/posts", R"({"authorId":1,"text":"x"})", "Idempotency-Key: k1\r\n");
  CHECK(post.status == 201);  // another route: another key
}

TEST_CASE("of those who race to change one version one wins, and no change is lost") {
  ServerProcess server({}, {}, "cache_aside");
  ApiClient first(server.port());
  const std::string path = path_of(first.post("/users", ada));
  std::atomic<int> made{0};
  std::atomic<int> refused{0};
  std::atomic<int> other{0};
  constexpr int clients = 8;
  constexpr int changes = 25;
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&] {
      ApiClient api(server.port());
      for (int done = 0; done < changes;) {
        const auto seen = api.get(path);
        const int count = std::stoi("0" + text_at(seen, "/name").substr(3));
        const auto changed = api.patch(path, R"({"name":"Ada)" + std::to_string(count + 1) + R"("})", if_match(seen));
        (changed.status == 200 ? made : changed.status == 412 ? refused : other)++;
        done += changed.status == 200 ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  const auto last = first.get(path);
  CHECK(text_at(last, "/name") == "Ada" + std::to_string(clients * changes));
  CHECK(last.header("ETag") == "\"" + std::to_string(clients * changes + 1) + "\"");
  CHECK(made == clients * changes);
  CHECK(other == 0);
  std::cout << "racing PATCHes with If-Match: " << made << " made, " << refused << " answered 412, none lost"
            << std::endl;
}

TEST_CASE("two processes on one folder see each other's changes within a second") {
  TempFolder folder;
  const std::vector<std::string> flags{"--data", folder.path().string()};
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two(flags, {}, "cache_aside");
  ApiClient at_one(one.port());
  ApiClient at_two(two.port());
  const auto created = at_one.post("/users", ada);
  const std::string path = path_of(created);
  CHECK(at_two.get(path).body == created.body);
  CHECK(at_two.get(path).header("X-Cache") == "hit");
  const auto edited = at_one.patch(path, R"({"name":"Bea"})", if_match(created));
  CHECK(eventually(5s, [&] { return at_two.get(path).body == edited.body; }));
  REQUIRE(at_one.post("/users", ada).status == 201);
  CHECK(at_two.get("/users/2").status == 200);  // never asked for before: no wait
}

TEST_CASE("what was acknowledged survives kill -9, queued changes of write_behind too") {
  TempFolder folder;
  const std::vector<std::string> flags{"--data", folder.path().string(), "--write-policy", "write_behind"};
  std::string body;
  {
    ServerProcess server(flags, {}, "cache_aside");
    ApiClient api(server.port());
    const auto created = api.post("/users", ada);
    body = api.patch("/users/1", R"({"name":"last words"})", if_match(created)).body;
    server.kill();
  }
  // Without a cache: what is read before the queue is worked off would stay in it, as the policy says.
  ServerProcess server({"--data", folder.path().string(), "--write-policy", "write_behind", "--cache", "none"}, {},
                       "cache_aside");
  ApiClient api(server.port());
  CHECK(eventually(5s, [&] { return api.get("/users/1").body == body; }));
  CHECK(api.patch("/users/1", R"({"name":"x"})", "If-Match: \"1\"\r\n").status == 412);
}

TEST_CASE("a server that stops while queries are under way and others wait in line ends cleanly") {
  ServerProcess server({"--store", "memory", "--store-delay", "2s", "--store-concurrency", "1", "--drain-timeout",
                        "300ms", "--stampede", "none"},
                       {}, "cache_aside");
  std::vector<RawClient> clients;
  for (int i = 1; i <= 4; ++i) {
    clients.emplace_back(server.port());
    clients.back().send("GET /users/0 HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  ApiClient api(server.port());
  REQUIRE(eventually(5s, [&] { return metric(api, "database_queries_waiting") == "3"; }));
  CHECK(server.terminate() == 0);
}
