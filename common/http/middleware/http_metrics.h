// http_server_request_duration_seconds by method, route template and status (OpenTelemetry's names, in Prometheus'
// spelling): how many requests, how fast, how they ended. And GET /metrics.
//
// Labels are route templates, never paths, so no client can add a series. A router's first 127 routes have series of
// their own; those behind are counted together, as "other".

#pragma once

#include "common/http/application.h"
#include "common/metrics.h"

namespace common::http {

class HttpMetrics final : public Middleware {
 public:
  // `router` must outlive this; all routes must be added before the first request.
  HttpMetrics(Metrics& metrics, const Router& router);
  void after(Request& request, Response& response) override;

 private:
  Labels labels_of(std::size_t series) const;

  const Router& router_;
  PerThreadHistogram& durations_;
};

// Adds GET /metrics, not public: with --auth jwt the scraper needs a token.
void add_metrics_route(Router& router, const Metrics& metrics);

}  // namespace common::http
