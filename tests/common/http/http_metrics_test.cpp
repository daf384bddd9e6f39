#include "common/http/middleware/http_metrics.h"

#include "tests/common/http/asked.h"

using namespace common::http;
using namespace testing;

namespace {

constexpr const char* name = "http_server_request_duration_seconds";

struct Measured {
  common::Metrics metrics;
  Application app{1000};

  Measured() { app.use(std::make_unique<HttpMetrics>(metrics, app.router())); }
  bool counted(const std::string& method, const std::string& status, const std::string& route, int times) const {
    const std::string line = std::string(name) + "_count{http_request_method=\"" + method +
                             "\",http_response_status_code=\"" + status + "\",http_route=\"" + route + "\"} " +
                             std::to_string(times) + "\n";
    INFO(line);
    return metrics.render().find(line) != std::string::npos;
  }
};

}  // namespace

TEST_CASE("requests are counted by method, route template and status") {
  Measured measured;
  Application& app = measured.app;
  app.router().get("/links/{code}", {}, [](Request&) -> Reply { return text(200, "x"); });
  app.router().get("/teapot", {}, [](Request&) -> Reply { return Response{418}; });
  ask(app, request("GET", "/links/a"));
  ask(app, request("GET", "/links/b"));
  ask(app, request("HEAD", "/links/b"));
  ask(app, request("GET", "/nothing"));
  ask(app, request("GET", "/teapot"));
  CHECK(measured.counted("GET", "200", "/links/{code}", 2));
  CHECK(measured.counted("HEAD", "200", "/links/{code}", 1));
  CHECK(measured.counted("GET", "404", "unmatched", 1));
  CHECK(measured.counted("GET", "other", "/teapot", 1));
}

TEST_CASE("routes past those with series of their own are counted together as other, under nobody's name") {
  Measured measured;
  Router& router = measured.app.router();
  for (int i = 0; router.routes().size() < 131; ++i)
    router.get("/r" + std::to_string(i), {}, [](Request&) -> Reply { return text(200, "x"); });
  const auto path = [&](std::size_t index) { return router.routes()[index]->pattern; };
  for (const std::size_t index : {126, 127, 128, 130})
    ask(measured.app, request("GET", path(index)));
  CHECK(measured.counted("GET", "200", path(126), 1));
  CHECK(measured.counted("GET", "200", "other", 3));
  CHECK(measured.metrics.render().find(path(127)) == std::string::npos);
}

TEST_CASE("/metrics needs a token where others do, and is answered when load is shed") {
  Measured measured;
  add_metrics_route(measured.app.router(), measured.metrics);
  ParsedRequest asked("GET", "/metrics");
  const Route& route = measured.app.router().match(asked.request);
  CHECK_FALSE(route.options.is_public);
  CHECK(route.options.critical);
  ask(measured.app, request("GET", "/metrics"));
  CHECK(ask(measured.app, request("GET", "/metrics")).body.find("http_route=\"/metrics\"} 1\n") != std::string::npos);
}
