// No click is lost or counted twice on the way to the store, and no limit is exceeded.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

using namespace testing;

namespace {

// Follows `code` from `clients` connections at once, `each` times each; how many were redirected.
std::size_t follow(const std::vector<std::uint16_t>& ports, const std::string& code, int clients, int each,
                   std::atomic<std::size_t>& gone) {
  std::atomic<std::size_t> followed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      ApiClient api(ports[static_cast<std::size_t>(i) % ports.size()]);
      const auto headers = "Referer: https://site-" + std::to_string(i % 7) +
                           ".example/\r\nUser-Agent: " + (i % 2 == 0 ? "Googlebot" : "Mozilla/5.0 (X11)") + "\r\n";
      for (int n = 0; n < each; ++n) {
        const auto status = api.get("/" + code, headers).status;
        if (status == 302) ++followed;
        if (status == 410) ++gone;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  return followed;
}

// The sum of a list's clicks.
std::uint64_t sum(const RawResponse& stats, const char* list) {
  std::uint64_t clicks = 0;
  const auto value = json_of(stats);
  for (const auto& row : value.at(list).as_array()) {
    clicks += row.at("clicks").to_number<std::uint64_t>();
  }
  return clicks;
}

}  // namespace

TEST_CASE("after an orderly end every click is in the totals") {
  const TempFolder data;
  std::vector<std::string> flags = {"--data", data.path()};
  std::unique_ptr<Schema> schema;
  if (GENERATE(false, true)) {
    schema = new_schema();
    if (!schema) return;
    flags = {"--store", schema->url()};
  }
  std::string code;
  std::size_t clicked = 0;
  std::atomic<std::size_t> gone{0};
  for (int life = 0; life < 3; ++life) {
    ServerProcess one(flags);
    ServerProcess other(flags);
    if (life == 0) code = ApiClient(one.port()).shorten_url("https://example.com");
    clicked += follow({one.port(), other.port()}, code, 16, sanitized ? 50 : 500, gone);
    CHECK(one.terminate() == 0);
    CHECK(other.terminate() == 0);
  }
  ServerProcess server(flags);
  const auto stats = ApiClient(server.port()).get("/v1/links/" + code + "/stats");
  const auto wanted = static_cast<std::size_t>(3 * 16 * (sanitized ? 50 : 500));
  CHECK(clicked == wanted);
  CHECK(text_at(stats, "/total") == std::to_string(wanted));
  CHECK(sum(stats, "daily") == wanted);
  CHECK(sum(stats, "referrers") == wanted);
  CHECK(sum(stats, "agents") == wanted);
  const auto rows = json_of(stats);
  for (const auto& row : rows.at("referrers").as_array()) {
    const auto site = std::string(row.at("referrer").as_string());
    const auto clients = site < "site-2" ? 3u : 2u;  // 16 clients on 7 sites
    CHECK(row.at("clicks").to_number<std::size_t>() == wanted / 16 * clients);
  }
  CHECK(gone == 0);
}

TEST_CASE("maxClicks is exact, however many ask at once in however many processes") {
  const TempFolder data;
  std::vector<std::string> flags = {"--data", data.path()};
  std::unique_ptr<Schema> schema;
  if (GENERATE(false, true)) {
    schema = new_schema();
    if (!schema) return;
    flags = {"--store", schema->url()};
  }
  ServerProcess one(flags);
  ServerProcess other(flags);
  ApiClient api(one.port());
  const auto code = api.shorten(R"({"longUrl":"https://example.com","maxClicks":1000})");
  std::atomic<std::size_t> gone{0};
  const auto followed = follow({one.port(), other.port()}, code, 100, 12, gone);
  CHECK(followed == 1000);
  CHECK(gone == 200);
}
