#include "common/http/middleware/http_metrics.h"

#include <algorithm>
#include <array>

namespace common::http {
namespace {

// What we answer; anything else is counted as the last, 0.
constexpr std::array<int, 34> statuses{200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400,
                                       401, 403, 404, 405, 408, 409, 410, 412, 413, 414, 415, 416,
                                       417, 421, 422, 428, 429, 431, 500, 501, 503, 0};
static_assert(std::is_sorted(statuses.begin(), statuses.end() - 1));
constexpr std::size_t methods = 8;
constexpr std::size_t routes_max = 128;  // the last stands for all routes behind it
constexpr std::size_t series_max = routes_max * methods * statuses.size();

std::size_t status_index(int status) {
  const auto last = statuses.end() - 1;
  const auto found = std::lower_bound(statuses.begin(), last, status);
  return static_cast<std::size_t>((found != last && *found == status ? found : last) - statuses.begin());
}

}  // namespace

HttpMetrics::HttpMetrics(Metrics& metrics, const Router& router)
    : router_(router),
      durations_(metrics.per_thread_histogram("http_server_request_duration_seconds",
                                              "from the first byte read to the answer written", latency_buckets(),
                                              series_max, [this](std::size_t series) { return labels_of(series); })) {}

void HttpMetrics::after(Request& request, Response& response) {
  const std::size_t route = std::min<std::size_t>(request.route_index, routes_max - 1);
  const std::size_t series =
      (route * methods + static_cast<std::size_t>(request.method)) * statuses.size() + status_index(response.status);
  durations_.observe(series, static_cast<std::uint64_t>(std::max<long>(request.elapsed.count(), 0)));
}

Labels HttpMetrics::labels_of(std::size_t series) const {
  const std::size_t status = series % statuses.size();
  const std::size_t method = series / statuses.size() % methods;
  const std::size_t route = series / statuses.size() / methods;
  const auto& routes = router_.routes();
  const bool known = route < routes_max - 1 && route < routes.size();
  return {{"http_request_method", std::string(to_string(static_cast<Method>(method)))},
          {"http_response_status_code", statuses[status] ? std::to_string(statuses[status]) : "other"},
          {"http_route", known ? routes[route]->pattern : "other"}};
}

void add_metrics_route(Router& router, const Metrics& metrics) {
  router.get("/metrics",
             {.summary = "Prometheus metrics", .critical = true, .responses = {{200, "text exposition format", ""}}},
             [&metrics](Request&) -> Reply {
               Response response(200);
               response.raw_headers("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
               response.body = metrics.render();
               return response;
             });
}

}  // namespace common::http
