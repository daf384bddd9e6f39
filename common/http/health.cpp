#include "common/http/health.h"

namespace common::http {

void Health::add_routes(Router& router) {
  const RouteOptions options{
      .summary = "Is the process alive?", .is_public = true, .critical = true, .responses = {{200, "alive", "Health"}}};
  router.get("/healthz", options, [](Request&) -> Reply { return json(200, R"({"status":"ok"})"); });
  RouteOptions ready_options = options;
  ready_options.summary = "Should it get traffic?";
  ready_options.responses = {{200, "ready", "Health"}, {503, "not ready: names the dependency", "Error"}};
  router.get("/readyz", ready_options, [this](Request&) -> Reply { return ready(); });
}

Response Health::ready() const {
  std::vector<Problem> problems;
  for (const auto& [dependency, check] : checks_) {
    if (auto reason = check()) problems.push_back({dependency, std::move(*reason)});
  }
  if (problems.empty()) return json(200, R"({"status":"ok"})");
  return error(503, "NOT_READY", "this server should get no traffic now", problems).header("Retry-After", "1");
}

}  // namespace common::http
