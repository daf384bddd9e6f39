// Two processes on one --data folder behave as one.

#include <array>
#include <set>
#include <string>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr auto seen_within = 3s;  // an edit: promised in 2
constexpr auto counted_within = 5s;

}  // namespace

TEST_CASE("two processes on one folder give out no code twice") {
  for (const std::string codes :
       {"permuted_counter", "counter", "counter_block", "snowflake", "random", "hash", "key_pool"}) {
    INFO(codes);
    const TempFolder data;
    ServerProcess one({"--data", data.path(), "--codes", codes});
    ServerProcess other({"--data", data.path(), "--codes", codes});
    constexpr std::size_t clients = 8;
    constexpr int each = 50;
    std::array<std::vector<std::string>, clients> made;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < clients; ++i) {
      threads.emplace_back([&, i] {
        ApiClient api(i % 2 == 0 ? one.port() : other.port());
        for (int n = 0; n < each; ++n) {
          made[i].push_back(api.shorten_url("https://example.com/" + std::to_string(n)));
        }
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    std::set<std::string> distinct;
    for (const auto& list : made) {
      distinct.insert(list.begin(), list.end());
    }
    CHECK(distinct.size() == clients * each);
    ApiClient reader(other.port());
    CHECK(reader.get("/" + made[0][0]).status == 302);  // made by the first
  }
}

TEST_CASE("of two processes that race for an alias one gets it") {
  const TempFolder data;
  ServerProcess one({"--data", data.path()});
  ServerProcess other({"--data", data.path()});
  for (int round = 0; round < 20; ++round) {
    const auto body = R"({"longUrl":"https://example.com","alias":"race-)" + std::to_string(round) + "\"}";
    std::array<int, 2> status{};
    std::thread rival([&] { status[0] = ApiClient(other.port()).post("/shorten", body).status; });
    status[1] = ApiClient(one.port()).post("/shorten", body).status;
    rival.join();
    CHECK(std::set<int>(status.begin(), status.end()) == std::set<int>{201, 409});
  }
}

TEST_CASE("an edit in one process shows in the other within two seconds") {
  const TempFolder data;
  ServerProcess one({"--data", data.path()});
  ServerProcess other({"--data", data.path()});
  ApiClient here(one.port());
  ApiClient there(other.port());
  const auto code = here.shorten_url("https://example.com/a");
  REQUIRE(there.get("/" + code).header("Location") == "https://example.com/a");  // now in its cache

  REQUIRE(here.patch("/v1/links/" + code, R"({"longUrl":"https://example.com/b"})", "If-Match: *\r\n").status == 200);
  CHECK(here.get("/" + code).header("Location") == "https://example.com/b");  // at once
  CHECK(eventually(seen_within, [&] { return there.get("/" + code).header("Location") == "https://example.com/b"; }));
  CHECK(text_at(there.get("/v1/links/" + code), "/longUrl") == "https://example.com/b");

  REQUIRE(here.remove("/v1/links/" + code).status == 204);
  CHECK(here.get("/" + code).status == 410);
  CHECK(eventually(seen_within, [&] { return there.get("/" + code).status == 410; }));
}

TEST_CASE("of two editors of one version in two processes one is told") {
  const TempFolder data;
  ServerProcess one({"--data", data.path()});
  ServerProcess other({"--data", data.path()});
  ApiClient here(one.port());
  const auto code = here.shorten_url("https://example.com");
  for (int round = 1; round <= 20; ++round) {
    const auto version = "If-Match: \"" + std::to_string(round) + "\"\r\n";
    const auto edit = [&](const ServerProcess& server) {
      return ApiClient(server.port()).patch("/v1/links/" + code, R"({"tags":["x"]})", version).status;
    };
    std::array<int, 2> status{};
    std::thread rival([&] { status[0] = edit(other); });
    status[1] = edit(one);
    rival.join();
    CHECK(std::set<int>(status.begin(), status.end()) == std::set<int>{200, 412});
  }
}

TEST_CASE("clicks in either process show in both within five seconds") {
  const TempFolder data;
  ServerProcess one({"--data", data.path()});
  ServerProcess other({"--data", data.path()});
  ApiClient here(one.port());
  ApiClient there(other.port());
  const auto code = here.shorten_url("https://example.com");
  for (int i = 0; i < 10; ++i) {
    here.get("/" + code);
    there.get("/" + code);
    there.get("/" + code);
  }
  const auto total = [&](ApiClient& api) { return text_at(api.get("/v1/links/" + code + "/stats"), "/total"); };
  CHECK(eventually(counted_within, [&] { return total(here) == "30" && total(there) == "30"; }));
}
