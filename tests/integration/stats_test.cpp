#include <signal.h>

#include <map>
#include <string>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/temp_folder.h"
#include "tests/support/write_lock.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

std::map<std::string, std::string> rows(const RawResponse& stats, const char* list, const char* name) {
  std::map<std::string, std::string> result;
  const auto value = json_of(stats);
  for (const auto& row : value.at(list).as_array()) {
    result[row.at(name).as_string().c_str()] = common::json::serialize(row.at("clicks"));
  }
  return result;
}

}  // namespace

TEST_CASE("clicks show within five seconds: total, day, referrer, and what kind of program came") {
  for (const std::string store : {"sqlite", "memory"}) {
    INFO(store);
    ServerProcess server({"--store", store});
    ApiClient api(server.port());
    const auto code = api.shorten_url("https://example.com");
    CHECK(json_of(api.get("/v1/links/" + code + "/stats")) ==
          common::parse_json(R"({"total":0,"daily":[],"referrers":[],"agents":[]})").value());

    const std::string firefox = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101\r\n";
    const std::string phone = "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Mobile/15E148\r\n";
    api.get("/" + code, "Referer: https://News.example/item\r\n" + firefox);
    api.get("/" + code, "Referer: https://news.example:8443/\r\n" + phone);
    api.get("/" + code, "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)\r\n");
    api.get("/" + code, "User-Agent: curl/8.5.0\r\n");
    api.get("/" + code, "Referer: <script>alert(1)</script>\r\n");
    api.head("/" + code);
    api.get("/" + code + "+");
    api.get("/v1/links/" + code);

    RawResponse stats;
    CHECK(eventually(5s, [&] {
      stats = api.get("/v1/links/" + code + "/stats");
      return text_at(stats, "/total") == "5";
    }));
    using Rows = std::map<std::string, std::string>;
    CHECK(rows(stats, "referrers", "referrer") == Rows{{"news.example", "2"}, {"direct", "3"}});
    CHECK(rows(stats, "agents", "agent") ==
          Rows{{"desktop", "1"}, {"mobile", "1"}, {"crawler", "1"}, {"tool", "1"}, {"unknown", "1"}});
    const auto daily = rows(stats, "daily", "date");
    CHECK(daily.size() <= 2);  // two around midnight
    CHECK(daily.begin()->first.size() == std::string("2026-11-22").size());
  }
}

TEST_CASE("stats of a deleted link remain, of no link there are none") {
  ServerProcess server;
  ApiClient api(server.port());
  const auto code = api.shorten_url("https://example.com");
  api.get("/" + code);
  api.remove("/v1/links/" + code);
  CHECK(eventually(5s, [&] { return text_at(api.get("/v1/links/" + code + "/stats"), "/total") == "1"; }));
  CHECK(error_code(api.get("/v1/links/nobody/stats")) == "LINK_NOT_FOUND");
}

TEST_CASE("clicks survive an orderly end that finds the database locked") {
  const TempFolder data;
  std::string code;
  {
    ServerProcess server({"--data", data.path()});
    ApiClient api(server.port());
    code = api.shorten_url("https://example.com");
    {
      const WriteLock lock(data.path() / "url_shortener.db");
      for (int i = 0; i < 5; ++i)
        CHECK(api.get("/" + code).status == 302);
      server.signal(SIGTERM);
      CHECK_FALSE(server.wait(2s));  // it waits for the lock
    }
    CHECK(server.wait(20s * slowness) == 0);
  }
  ServerProcess server({"--data", data.path()});
  ApiClient api(server.port());
  CHECK(text_at(api.get("/v1/links/" + code + "/stats"), "/total") == "5");
}
