// Batches, search, export and import of a server on SQLite.

#include <algorithm>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view ndjson = "Content-Type: application/x-ndjson\r\n";

std::string lines(int count, int first = 0) {
  std::string body;
  for (int i = first; i < first + count; ++i) {
    const auto n = std::to_string(i);
    body += R"({"shortCode":"n)" + n + R"(","longUrl":"https://example.com/articles/)" + n +
            R"(?from=import","tags":["t)" + std::to_string(i % 100) + "\"]}\n";
  }
  return body;
}

std::size_t count(const RawResponse& page) {
  return json_of(page).at("data").as_array().size();
}

}  // namespace

TEST_CASE("an export of many links comes whole, and a client that does not read it costs no memory") {
  const TempFolder data;
  ServerProcess server({"--data", data.path()});
  ApiClient api(server.port());
  constexpr int links = 40'000;
  const auto in = api.request("POST", "/v1/links:import", ndjson, lines(links));
  REQUIRE(in.status == 200);
  REQUIRE(in.body.find(R"("created":40000)") != std::string::npos);

  const auto whole = api.get("/v1/links:export?format=ndjson");
  CHECK(whole.chunked);
  CHECK(std::count(whole.body.begin(), whole.body.end(), '\n') == links);
  const auto before = server.anonymous_bytes();
  constexpr int readers = 8;
  std::vector<RawClient> slow;
  for (int i = 0; i < readers; ++i) {
    slow.emplace_back(server.port(), RawClient::default_patience, 4096);
    slow.back().send("GET /v1/links:export?format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK_FALSE(slow.back().receive(1).empty());
  }
  for (int i = 0; i < 100; ++i)
    CHECK(api.get("/readyz").status == 200);  // meanwhile they could have grown
  const auto grown = server.anonymous_bytes() - std::min(before, server.anonymous_bytes());
  CHECK(grown < readers * (whole.body.size() / 4));
}

TEST_CASE("an import larger than its limit is refused, and so is another request larger than the usual one") {
  ServerProcess server({"--store", "memory"});
  const auto announce = [&](std::string_view path, std::string_view type, std::size_t bytes) {
    RawClient client(server.port());
    client.send("POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + std::string(type) +
                "\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
    return client.response();
  };
  const auto refused = announce("/v1/links:import", "text/csv", (32 << 20) + 1);
  CHECK(refused.status == 413);
  CHECK(error_code(refused) == "BODY_TOO_LARGE");
  CHECK(announce("/v1/links:batch", "application/json", (4 << 20) + 1).status == 413);
  CHECK(announce("/shorten", "application/json", (1 << 20) + 1).status == 413);
  ApiClient api(server.port());
  const auto large = api.request("POST", "/v1/links:import", ndjson, lines(20'000));  // above the usual megabyte
  CHECK(large.status == 200);
}

TEST_CASE("a server that begins to index finds what was created before, and what is created then") {
  const TempFolder data;
  {
    ServerProcess scanning({"--data", data.path()});
    ApiClient api(scanning.port());
    REQUIRE(api.request("POST", "/v1/links:import", ndjson, lines(3'000)).status == 200);
    CHECK(count(api.get("/v1/links?q=n2999")) == 1);
    CHECK(scanning.terminate() == 0);
  }
  ServerProcess server({"--data", data.path(), "--search", "words"});
  ApiClient api(server.port());
  api.shorten(R"({"longUrl":"https://example.com/","alias":"latest"})");
  CHECK(count(api.get("/v1/links?q=latest")) == 1);
  // The oldest is the last that a scan would come to.
  CHECK(eventually(20s, [&] { return count(api.get("/v1/links?q=n0+t0")) == 1; }));
  CHECK(server.terminate() == 0);
}

TEST_CASE("a batch of a thousand is seen by another process at once") {
  const TempFolder data;
  ServerProcess one({"--data", data.path()});
  ServerProcess other({"--data", data.path()});
  ApiClient api(one.port());
  std::string body = "[";
  for (int i = 0; i < 1'000; ++i)
    body += (i > 0 ? "," : "") + (R"({"longUrl":"https://example.com/)" + std::to_string(i) + "\"}");
  const auto made = api.post("/v1/links:batch", body + "]");
  REQUIRE(made.status == 201);
  ApiClient elsewhere(other.port());
  for (const int i : {0, 500, 999}) {
    const auto code = text_at(made, "/data/" + std::to_string(i) + "/link/shortCode");
    CHECK(elsewhere.get("/" + code).header("Location") == "https://example.com/" + std::to_string(i));
  }
}
