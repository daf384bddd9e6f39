#include "common/http/health.h"

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

TEST_CASE("alive is always said, ready only while every dependency is") {
  Application app(1000);
  Health health;
  std::optional<std::string> store_problem, server_problem;
  health.add("store", [&] { return store_problem; });
  health.add("server", [&] { return server_problem; });
  health.add_routes(app.router());
  CHECK(ask(app, request("GET", "/healthz")).body == "{\"status\":\"ok\"}\n");
  CHECK(ask(app, request("GET", "/readyz")).status == 200);

  store_problem = "has no answer";
  RawResponse response = ask(app, request("GET", "/readyz"));
  CHECK(response.status == 503);
  CHECK(response.header("Retry-After") == "1");
  CHECK(response.body.find(R"("NOT_READY")") != std::string::npos);
  CHECK(response.body.find(R"([{"field":"store","problem":"has no answer"}])") != std::string::npos);
  CHECK(ask(app, request("GET", "/healthz")).status == 200);

  server_problem = "is shutting down";
  response = ask(app, request("GET", "/readyz"));
  CHECK(response.body.find(R"({"field":"server","problem":"is shutting down"})") != std::string::npos);
  store_problem.reset();
  server_problem.reset();
  CHECK(ask(app, request("GET", "/readyz")).status == 200);
}

TEST_CASE("health is answered without a token and when load is shed") {
  Application app(1000);
  Health health;
  health.add_routes(app.router());
  for (const char* path : {"/healthz", "/readyz"}) {
    ParsedRequest parsed("GET", path);
    const Route& route = app.router().match(parsed.request);
    CHECK(route.options.is_public);
    CHECK(route.options.critical);
  }
}
