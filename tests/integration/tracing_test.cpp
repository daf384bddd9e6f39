#include <set>
#include <string>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/scripted_server.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

constexpr auto trace_id = "0af7651916cd43dd8448eb211c80319c";
constexpr auto parent_id = "b7ad6b7169203331";

std::string traceparent(const std::string& flags) {
  return std::string("traceparent: 00-") + trace_id + "-" + parent_id + "-" + flags + "\r\n";
}

// The spans that a collector has been sent.
common::json::array spans(const CollectingServer& collector) {
  common::json::array all;
  for (const auto& request : collector.requests()) {
    const auto sent = common::parse_json(request.body).value();
    for (const auto& span : sent.as_array()) {
      all.push_back(span);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a caller's trace is continued, and its span reaches the collector") {
  const CollectingServer collector;
  ServerProcess server({"--store", "memory", "--trace-exporter", collector.url() + "/api/v2/spans"});
  ApiClient api(server.port());
  CHECK(api.get("/v1/links/nobody", traceparent("01") + "X-Request-ID: mine\r\n").status == 404);
  REQUIRE(eventually(10s, [&] { return !spans(collector).empty(); }));
  CHECK(collector.requests()[0].head.starts_with("POST /api/v2/spans HTTP/1.1\r\n"));
  CHECK(collector.requests()[0].header("Content-Type") == "application/json");

  const auto span = spans(collector)[0];
  CHECK(text_at(span, "/traceId") == trace_id);
  CHECK(text_at(span, "/parentId") == parent_id);
  CHECK(text_at(span, "/id").size() == 16);
  CHECK(text_at(span, "/id") != parent_id);
  CHECK(text_at(span, "/name") == "GET /v1/links/{code}");
  CHECK(text_at(span, "/kind") == "SERVER");
  CHECK(text_at(span, "/localEndpoint/serviceName") == "url_shortener");
  CHECK(text_at(span, "/tags/http.response.status_code") == "404");
  CHECK(text_at(span, "/tags/request_id") == "mine");
}

TEST_CASE("without a caller's trace one begins; one that is not sampled is not sent") {
  const CollectingServer collector;
  ServerProcess server({"--store", "memory", "--trace-exporter", collector.url() + "/api/v2/spans"});
  ApiClient api(server.port());
  api.get("/healthz");
  api.get("/healthz", "traceparent: 00-not-a-trace\r\n");
  api.get("/healthz", traceparent("00"));
  CHECK(server.terminate() == 0);  // which sends what is left
  const auto sent = spans(collector);
  std::set<std::string> traces;
  for (const auto& span : sent) {
    CHECK(text_at(span, "/parentId").empty());
    traces.insert(text_at(span, "/traceId"));
  }
  CHECK(sent.size() == 2);
  CHECK(traces.size() == 2);
  CHECK_FALSE(traces.contains(trace_id));
}

TEST_CASE("a collector that is away costs no request and no exit") {
  std::string url;
  {
    const CollectingServer gone;
    url = gone.url();
  }
  ServerProcess server({"--store", "memory", "--trace-exporter", url + "/api/v2/spans"});
  ApiClient api(server.port());
  for (int i = 0; i < 100; ++i) {
    CHECK(api.get("/healthz").status == 200);
  }
  CHECK(server.terminate() == 0);
}

TEST_CASE("the --trace-exporter log writes a line for each span") {
  ServerProcess server({"--store", "memory", "--trace-exporter", "log"});
  ApiClient api(server.port());
  api.get("/healthz", traceparent("01"));
  CHECK(eventually(5s, [&] { return server.errors().find(trace_id) != std::string::npos; }));
}
