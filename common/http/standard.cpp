#include "common/http/standard.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "common/http/middleware/access_log.h"
#include "common/http/middleware/cors.h"
#include "common/http/middleware/http_metrics.h"
#include "common/http/middleware/jwt_auth.h"
#include "common/http/middleware/load_shedding.h"
#include "common/http/middleware/request_id.h"
#include "common/http/middleware/security_headers.h"
#include "common/http/middleware/server_timing.h"
#include "common/http/middleware/tracing.h"
#include "common/http/openapi.h"
#include "common/http/pages.h"
#include "common/span_exporter.h"

namespace common::http {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + path);
  return text.str();
}

// Of all interfaces, IPv6 in brackets.
std::vector<std::string> own_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
  std::vector<std::string> addresses;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    const bool v6 = entry->ifa_addr->sa_family == AF_INET6;
    if (!v6 && entry->ifa_addr->sa_family != AF_INET) continue;
    char text[NI_MAXHOST];
    const socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::getnameinfo(entry->ifa_addr, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    const std::string_view whole(text);
    const std::string address(whole.substr(0, whole.find('%')));  // without an interface's name behind it
    addresses.push_back(v6 ? "[" + address + "]" : address);
  }
  return addresses;
}

Task<Result<void>> post_spans(Client& collector, std::string url, std::string json) {
  ClientRequest request{.method = "POST",
                        .url = std::move(url),
                        .headers = {{"Content-Type", "application/json"}},
                        .body = std::move(json)};
  auto answer = co_await collector.send(std::move(request));
  if (answer.has_error()) co_return answer.error();
  if (answer->status / 100 != 2) {
    co_return Error{Failure::unavailable, "the collector answered " + std::to_string(answer->status)};
  }
  co_return Result<void>{};
}

}  // namespace

Server::Options server_options(const ServerOptions& options) {
  Server::Options result;
  result.host = options.listen.host;
  result.port = options.listen.port;
  result.max_connections = options.max_connections;
  result.limits.header_timeout = options.header_timeout;
  result.limits.idle_timeout = options.idle_timeout;
  result.drain_timeout = options.drain_timeout;
  result.drain_delay = options.drain_delay;
  if (options.tls()) result.tls = std::make_shared<TlsContext>(options.tls_cert, options.tls_key);
  return result;
}

StandardParts::StandardParts(Runtime& runtime, const ServerOptions& options, Application& app, const Server& server,
                             Metrics& metrics, const Clock& clock, std::string_view service)
    : service_(service), app_(app), metrics_(metrics), siblings_(options.siblings) {
  auto shedding = std::make_unique<LoadShedding>(options.max_inflight);
  const Shedder& shedder = shedding->shedder();
  metrics.gauge_of("http_server_active_requests", "requests admitted and not yet answered, critical routes apart",
                   [&shedder] { return static_cast<double>(shedder.inflight()); });
  metrics.counter_of("http_server_shed_requests_total", "requests refused above --max-inflight",
                     [&shedder] { return static_cast<double>(shedder.refused()); });
  metrics.gauge_of("http_server_open_connections", "connections open",
                   [&server] { return static_cast<double>(server.connections()); });
  metrics.counter_of("http_server_refused_connections_total", "connections refused above --max-connections",
                     [&server] { return static_cast<double>(server.refused()); });

  open_span_sink(runtime, options.trace_exporter, service);

  app.use(std::make_unique<RequestId>());
  app.use(std::make_unique<Tracing>(*spans_, clock));
  app.use(std::make_unique<AccessLog>(options.access_log));
  app.use(std::make_unique<HttpMetrics>(metrics, app.router()));
  app.use(std::make_unique<ServerTimings>());
  app.use(std::make_unique<SecurityHeaders>());
  if (!options.cors_origin.empty()) app.use(std::make_unique<Cors>(options.cors_origin));
  app.use(std::move(shedding));
  if (options.auth == Auth::jwt) app.use(std::make_unique<JwtAuth>(JwtKey(read_file(options.jwt_key)), clock));

  health_.add("server", [&server]() -> std::optional<std::string> {
    if (server.draining()) return "is shutting down";
    return std::nullopt;
  });
  const std::string port = ":" + std::to_string(server.port());
  for (const auto* host : {"127.0.0.1", "localhost", "[::1]"})
    app.add_authority(host + port);
  if (server.url() != server.local_url()) {  // it listens on all of this machine's addresses
    for (const auto& address : own_addresses())
      app.add_authority(address + port);
  }
  add_own_authority(server.url());
}

StandardParts::~StandardParts() = default;

void StandardParts::open_span_sink(Runtime& runtime, const std::string& exporter, std::string_view service) {
  if (exporter == "none") {
    spans_ = std::make_unique<SpanSinkNone>();
  } else if (exporter == "log") {
    spans_ = std::make_unique<SpanSinkLog>();
  } else {
    collector_ = std::make_unique<Client>(runtime.executor());
    auto spans = std::make_unique<SpanExporter>(
        runtime.executor(), std::string(service),
        [this, exporter](std::string json) { return post_spans(*collector_, exporter, std::move(json)); });
    spawn(runtime.executor(), "span exporter", spans->run());
    runtime.on_shut_down("send spans", [exporting = spans.get()] { return exporting->stop(); });
    spans_ = std::move(spans);
  }
}

void StandardParts::add_own_authority(std::string_view base_url) {
  const auto scheme = base_url.find("://");
  if (scheme != std::string_view::npos) base_url.remove_prefix(scheme + 3);
  app_.add_authority(std::string(base_url.substr(0, base_url.find('/'))));
}

void StandardParts::add_routes(std::string_view schemas, std::string_view page) {
  health_.add_routes(app_.router());
  add_metrics_route(app_.router(), metrics_);
  if (!page.empty()) add_page(app_.router(), "/", page, siblings_);
  add_openapi(app_.router(), service_, LOADBEARING_VERSION, schemas);
}

}  // namespace common::http
