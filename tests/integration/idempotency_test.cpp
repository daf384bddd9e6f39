#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"
#include "tests/support/write_lock.h"

using namespace testing;

namespace {

constexpr std::string_view body = R"({"longUrl":"https://example.com/once"})";
constexpr std::string_view other_body = R"({"longUrl":"https://example.com/other"})";
constexpr std::string_view key = "Idempotency-Key: \"order-7\"\r\n";

std::size_t links(ApiClient& api) {
  return json_of(api.get("/v1/links?limit=100")).at("data").as_array().size();
}

}  // namespace

TEST_CASE("a creation sent twice with one key happens once") {
  for (const std::string store : {"sqlite", "memory"}) {
    INFO(store);
    ServerProcess server({"--store", store});
    ApiClient api(server.port());
    const auto first = api.post("/shorten", body, key);
    CHECK(first.status == 201);
    const auto again = api.post("/shorten", body, key);
    CHECK(again.status == 201);
    CHECK(again.header("Idempotent-Replayed") == "true");
    CHECK(again.body == first.body);
    CHECK(again.header("Location") == first.header("Location"));
    const auto other = api.post("/shorten", other_body, key);
    CHECK(other.status == 422);
    CHECK(error_code(other) == "IDEMPOTENCY_KEY_REUSED");
    CHECK(api.post("/shorten", body, "Idempotency-Key: order-8\r\n").status == 201);
    CHECK(links(api) == 2);
  }
}

TEST_CASE("what a key was answered survives a restart, and a kill") {
  const TempFolder data;
  std::string first;
  for (int life = 0; life < 3; ++life) {
    ServerProcess server({"--data", data.path(), "--base-url", "https://sho.rt"});
    ApiClient api(server.port());
    const auto answer = api.post("/shorten", body, key);
    CHECK(answer.status == 201);
    if (life == 0) first = answer.body;
    CHECK(answer.body == first);
    CHECK(answer.has("Idempotent-Replayed") == (life > 0));
    CHECK(api.post("/shorten", other_body, key).status == (422));
    CHECK(links(api) == 1);
    if (life == 1) server.kill();
  }
}

TEST_CASE("while the first is under way its key is 409") {
  const TempFolder data;
  ServerProcess server({"--data", data.path()});
  RawClient first(server.port());
  std::string request = "POST /shorten HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";
  request += std::string(key) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  ApiClient api(server.port());
  api.shorten_url("https://example.com/before");  // ids are leased: only the insert will wait
  {
    const WriteLock lock(data.path() / "url_shortener.db");
    first.send(request);
    CHECK(first.silent_for(std::chrono::milliseconds{200}));
    const auto second = api.post("/shorten", body, key);
    CHECK(second.status == 409);
    CHECK(error_code(second) == "IDEMPOTENCY_KEY_IN_FLIGHT");
    CHECK(second.has("Retry-After"));
    CHECK(api.get("/v1/links").status == 200);  // reading goes on
  }
  const auto answer = first.response();
  CHECK(answer.status == 201);
  const auto replay = api.post("/shorten", body, key);
  CHECK(replay.header("Idempotent-Replayed") == "true");
  CHECK(replay.body == answer.body);
}

TEST_CASE("many at once with one key make one link, in two processes too") {
  const TempFolder data;
  ServerProcess one({"--data", data.path(), "--base-url", "https://sho.rt"});
  ServerProcess other({"--data", data.path(), "--base-url", "https://sho.rt"});
  constexpr int clients = 16;
  constexpr int rounds = 5;
  for (int round = 0; round < rounds; ++round) {
    const std::string round_key = "Idempotency-Key: round-" + std::to_string(round) + "\r\n";
    std::vector<RawResponse> answers(clients);
    std::vector<std::thread> threads;
    for (int i = 0; i < clients; ++i) {
      threads.emplace_back([&, i] {
        ApiClient api(i % 2 == 0 ? one.port() : other.port());
        answers[static_cast<std::size_t>(i)] = api.post("/shorten", body, round_key);
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    std::set<std::string> codes;
    int made = 0;
    for (const auto& answer : answers) {
      if (answer.status == 409) continue;
      CHECK(answer.status == 201);
      codes.insert(text_at(answer, "/shortCode"));
      if (!answer.has("Idempotent-Replayed")) ++made;
    }
    CHECK(codes.size() == 1);
    CHECK(made == 1);
  }
  ApiClient api(one.port());
  CHECK(links(api) == rounds);
}
