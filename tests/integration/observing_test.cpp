// What a server says of itself: health, metrics, ids, logs.

#include <signal.h>

#include <algorithm>
#include <set>
#include <sstream>
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
using namespace std::string_literals;

namespace {

// The series of an exposition: each line up to its value.
std::set<std::string> series(const RawResponse& metrics) {
  std::set<std::string> names;
  std::istringstream lines(metrics.body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) names.insert(line.substr(0, line.rfind(' ')));
  }
  return names;
}

std::vector<common::json::value> log_lines(const ServerProcess& server) {
  std::vector<common::json::value> parsed;
  std::istringstream lines(server.errors());
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    auto value = common::parse_json(line);
    REQUIRE(value.has_value());
    REQUIRE(value->is_object());
    parsed.push_back(std::move(*value));
  }
  return parsed;
}

}  // namespace

TEST_CASE("the log says at start what answers, and no password") {
  ServerProcess server({"--store", "memory", "--codes", "random", "--cache", "local+redis://:secret@127.0.0.1:1"});
  CHECK(eventually(10s * slowness, [&] { return server.errors().find("serving links") != std::string::npos; }));
  const auto log = server.errors();
  CHECK(log.find("store=memory codes=random cache=local+127.0.0.1:1/0") != std::string::npos);
  CHECK(log.find("secret") == std::string::npos);
}

TEST_CASE("health is 200; readiness is 503 while draining, and says why") {
  ServerProcess server({"--store", "memory", "--drain-delay", std::to_string(2 * slowness) + "s"});
  ApiClient api(server.port());
  CHECK(api.get("/healthz").status == 200);
  CHECK(api.get("/readyz").status == 200);
  RawClient kept(server.port());
  CHECK(kept.get("/healthz").header("Connection") != "close");

  server.signal(SIGTERM);
  CHECK(eventually(2s * slowness, [&] { return api.get("/readyz").status == 503; }));
  const auto not_ready = api.get("/readyz");
  CHECK(error_code(not_ready) == "NOT_READY");
  CHECK(not_ready.has("Retry-After"));
  CHECK(not_ready.body.find("shutting down") != std::string::npos);
  // Each thread hears of it in its own time.
  CHECK(eventually(2s * slowness, [&] { return api.get("/readyz").header("Connection") == "close"; }));
  CHECK(api.get("/healthz").status == 200);  // alive, and still accepting
  while (kept.get("/healthz").header("Connection") != "close") {
  }
  CHECK(kept.ended());
  CHECK(server.wait(20s * slowness) == 0);
}

TEST_CASE("a database that cannot be written is named by readiness, until it can") {
  const TempFolder data;
  ServerProcess server({"--data", data.path()});
  ApiClient api(server.port());
  api.shorten_url("https://example.com/before");
  CHECK(api.get("/readyz").status == 200);
  {
    const WriteLock lock(data.path() / "url_shortener.db");  // for longer than the server waits for it
    CHECK(api.post("/shorten", R"({"longUrl":"https://example.com/meanwhile"})").status == 503);
    const auto not_ready = api.get("/readyz");
    CHECK(not_ready.status == 503);
    CHECK(not_ready.body.find(R"("field":"database")") != std::string::npos);
  }
  api.shorten_url("https://example.com/after");
  CHECK(api.get("/readyz").status == 200);
}

TEST_CASE("the metrics are there, and no client can add a series") {
  ServerProcess server({"--store", "memory", "--miss-limit", "none"});
  ApiClient api(server.port());
  const auto visit = [&](int i) {
    const auto path = "/random-" + std::to_string(i);
    api.get(path);
    api.get(path + "/deeper/" + std::to_string(i) + "?q=" + std::to_string(i));
    api.get("/v1/links/" + std::to_string(i));
    api.request("BREW" + std::to_string(i), path, {});
    api.post(path, "{}");
    api.get("/%FF" + std::to_string(i));
  };
  visit(0);
  const auto metrics = api.get("/metrics");
  CHECK(metrics.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  for (const auto* name :
       {"http_server_request_duration_seconds_bucket{", "http_server_request_duration_seconds_count{",
        "http_server_active_requests ", "http_server_open_connections ", "http_server_shed_requests_total ",
        "clicks_counted_total ", "clicks_dropped_total ", "http_route=\"/v1/links/{code}\"", "http_route=\"/{code}\"",
        "http_route=\"unmatched\"", "http_request_method=\"GET\"", "http_response_status_code=\"404\""}) {
    INFO(name);
    CHECK(metrics.body.find(name) != std::string::npos);
  }
  CHECK(metrics.body.find("random-") == std::string::npos);
  const auto before = series(api.get("/metrics"));
  for (int i = 1; i < 200; ++i) {
    visit(i);
  }
  CHECK(series(api.get("/metrics")) == before);
}

TEST_CASE("clicks and requests are counted in the metrics") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const auto code = api.shorten_url("https://example.com");
  for (int i = 0; i < 7; ++i) {
    api.get("/" + code);
  }
  api.head("/" + code);
  const auto metrics = api.get("/metrics").body;
  CHECK(metrics.find("\nclicks_counted_total 7\n") != std::string::npos);
  CHECK(metrics.find(R"(http_server_request_duration_seconds_count{http_request_method="GET",)"
                     R"(http_response_status_code="302",http_route="/{code}"} 7)") != std::string::npos);
}

TEST_CASE("a request's id is the client's if it is sane, and made otherwise") {
  ServerProcess server({"--store", "memory"});
  ApiClient api(server.port());
  const auto id_of = [&](const std::string& header) { return api.get("/healthz", header).header("X-Request-ID"); };
  CHECK(id_of("X-Request-ID: order-7_A.b\r\n") == "order-7_A.b");
  CHECK(id_of("X-Request-ID: " + std::string(128, 'x') + "\r\n") == std::string(128, 'x'));
  CHECK(id_of("").size() == 16);
  CHECK(id_of("") != id_of(""));
  for (const std::string bad : {"a b", "a\"b", "<b>", "caf\xC3\xA9", ""}) {
    INFO(bad);
    CHECK(id_of("X-Request-ID: " + bad + "\r\n").size() == 16);
  }
  CHECK(id_of("X-Request-ID: " + std::string(129, 'x') + "\r\n").size() == 16);
  const auto any = api.get("/nothing/here");
  CHECK(any.has("X-Request-ID"));
  CHECK(any.has("Server-Timing"));
  CHECK(any.has("Date"));
  CHECK(any.header("X-Content-Type-Options") == "nosniff");
}

TEST_CASE("each request is one JSON line, whatever bytes its client sends") {
  ServerProcess server({"--store", "memory", "--access-log", "all", "--log-format", "json"});
  const std::vector<std::string> requests = {
      "GET /plain HTTP/1.1\r\nHost: x\r\nX-Request-ID: mine\r\n\r\n",
      "GET /%22%7D%0A%7B?secret=1 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a\"b\\c HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /caf\xC3\xA9\xFF HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: \"},{\"\r\nUser-Agent: \x1b[31m\r\n\r\n",
      "BREW\x7F / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\x02nonsense\r\n\r\n",
      "GET /\0nul HTTP/1.1\r\nHost: x\r\n\r\n"s,
      "POST /shorten HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Type: "
      "application/json\r\n\r\n\n{\"\n}",
  };
  for (const auto& request : requests) {
    RawClient client(server.port());
    client.send(request);
    CHECK(client.response().status > 0);
  }
  CHECK(server.terminate() == 0);
  std::size_t logged = 0;
  bool named = false;
  for (const auto& line : log_lines(server)) {
    if (text_at(line, "/message") != "request" && text_at(line, "/msg") != "request") continue;
    ++logged;
    CHECK(line.at("status").is_int64());
    CHECK_FALSE(text_at(line, "/request_id").empty());
    named = named || text_at(line, "/request_id") == "mine";
    CHECK(common::json::serialize(line).find("secret") == std::string::npos);  // no query strings
  }
  CHECK(logged == requests.size());
  CHECK(named);
}

TEST_CASE("by default only what went wrong here is logged of requests") {
  ServerProcess server({"--store", "memory", "--log-format", "json"});
  ApiClient api(server.port());
  api.get("/healthz");
  api.get("/nobody");
  CHECK(server.terminate() == 0);
  CHECK(server.errors().find("\"request\"") == std::string::npos);
}
