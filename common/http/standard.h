// What every server of this project has, put together once: the middleware list, health, metrics, OpenAPI, the page.
//
// The list, in its order (middleware/*.h, one file each):
//
//   RequestId         names the request
//   Tracing           continues or starts its trace
//   AccessLog         one line, if it is to be logged
//   HttpMetrics       counts and times it
//   ServerTimings     says where the time went
//   SecurityHeaders   tells browsers not to guess
//   Cors              answers preflights            (only with --cors-origin)
//   LoadShedding      refuses above --max-inflight
//   JwtAuth           who is asking                 (only with --auth jwt)

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/config/server_options.h"
#include "common/http/application.h"
#include "common/http/client.h"
#include "common/http/health.h"
#include "common/http/server.h"
#include "common/metrics.h"
#include "common/span.h"

namespace common::http {

// The part of the options that concerns connections. Reads the TLS files; throws std::runtime_error for bad ones.
Server::Options server_options(const ServerOptions& options);

class StandardParts {
 public:
  // Everything must outlive this but `options`. Fills `app`'s middleware list.
  StandardParts(Runtime& runtime, const ServerOptions& options, Application& app, const Server& server,
                Metrics& metrics, const Clock& clock, std::string_view service);
  ~StandardParts();

  // Checks that /readyz asks, beside whether the server drains.
  Health& health() noexcept { return health_; }
  // Where finished spans go: for those of work that no request waits for.
  SpanSink& spans() noexcept { return *spans_; }
  // A base URL under which this server is reached besides the address that it listens on.
  void add_own_authority(std::string_view base_url);
  // Health, metrics, the page at "/", and last OpenAPI: call after the system's own routes.
  void add_routes(std::string_view schemas, std::string_view page);

 private:
  void open_span_sink(Runtime& runtime, const std::string& exporter, std::string_view service);

  std::string service_;
  Application& app_;
  Metrics& metrics_;
  std::vector<std::string> siblings_;
  Health health_;
  std::unique_ptr<Client> collector_;  // with --trace-exporter http://…
  std::unique_ptr<SpanSink> spans_;
};

}  // namespace common::http
