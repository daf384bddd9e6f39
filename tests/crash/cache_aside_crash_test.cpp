// kill -9 of cache_aside in the middle of changes: what was acknowledged is there afterwards, nothing older is read.

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

// One user, changed by one client; versions only rise, and each version's name tells it.
struct Changes {
  std::string path;
  std::uint64_t acknowledged = 1;

  static std::string name_of(std::uint64_t version) { return "version " + std::to_string(version); }

  // Until the server is gone.
  void make(std::uint16_t port) {
    try {
      ApiClient api(port);
      for (;;) {
        const auto next = acknowledged + 1;
        const auto answer = api.patch(path, R"({"name":")" + name_of(next) + R"("})", "If-Match: *\r\n");
        if (answer.status != 200) return;
        acknowledged = std::stoull(text_at(answer, "/version"));
        // A change that was made although its answer was lost leaves the names one behind: tell the last one again.
        if (acknowledged != next)
          api.patch(path, R"({"name":")" + name_of(++acknowledged) + R"("})", "If-Match: *\r\n");
      }
    } catch (const std::exception&) {
      // The connection has broken: killed.
    }
  }
};

std::uint64_t version_at(ApiClient& api, const std::string& path) {
  return std::stoull("0" + text_at(api.get(path), "/version"));
}

}  // namespace

TEST_CASE("through kills in the middle of changes no acknowledged change of a user is lost, and none is half there") {
  for (const std::string policy : {"lease", "versioned", "write_behind"}) {
    INFO(policy);
    const TempFolder folder;
    const std::vector<std::string> flags{"--data", folder.path().string(), "--write-policy", policy};
    std::mt19937 random(3);
    std::uniform_int_distribution<int> delay_ms(20, 250);
    std::vector<Changes> users(6);
    for (int life = 0; life <= (full_size() ? 40 : 6); ++life) {
      ServerProcess server(flags, {}, "cache_aside");
      ApiClient api(server.port());
      for (auto& user : users) {
        if (user.path.empty()) {
          user.path = api.post("/users", R"({"name":"version 1","email":"a@example.com"})").header("Location");
          continue;
        }
        // What is queued is made soon; what a miss has read before stays cached (write_behind.h), so by If-Match.
        const auto known = user.acknowledged;
        const auto stale =
            api.patch(user.path, R"({"name":"no"})", "If-Match: \"" + std::to_string(known - 1) + "\"\r\n");
        CHECK(stale.status == 412);
        if (policy != "write_behind") CHECK(version_at(api, user.path) >= known);
      }
      std::vector<std::thread> clients;
      for (auto& user : users)
        clients.emplace_back([&user, port = server.port()] { user.make(port); });
      std::this_thread::sleep_for(std::chrono::milliseconds{delay_ms(random)} * slowness);  // the kill comes at random
      server.kill();
      for (auto& client : clients)
        client.join();
    }
    std::uint64_t made = 0;
    ServerProcess server({"--data", folder.path().string(), "--cache", "none"}, {}, "cache_aside");
    ApiClient api(server.port());
    for (const auto& user : users) {
      CHECK(eventually(20s, [&] { return version_at(api, user.path) >= user.acknowledged; }));
      made += user.acknowledged;
    }
    CHECK(made > users.size());
    CHECK(server.terminate() == 0);
  }
}

TEST_CASE("a process that dies in the middle of changes leaves nothing old in the cache of one that lives") {
  const TempFolder folder;
  const std::vector<std::string> flags{"--data", folder.path().string()};
  ServerProcess survivor(flags, {}, "cache_aside");
  ApiClient api(survivor.port());
  Changes user{.path = api.post("/users", R"({"name":"version 1","email":"a@example.com"})").header("Location")};
  std::mt19937 random(5);
  std::uniform_int_distribution<int> delay_ms(10, 120);
  for (int life = 0; life < 6; ++life) {
    ServerProcess doomed(flags, {}, "cache_aside");
    std::thread client([&] { user.make(doomed.port()); });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{delay_ms(random)} * slowness;
    while (std::chrono::steady_clock::now() < end)
      api.get(user.path);  // always cached here
    doomed.kill();
    client.join();
    CHECK(eventually(5s * slowness, [&] { return version_at(api, user.path) >= user.acknowledged; }));
  }
}
