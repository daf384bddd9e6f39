#include "common/http/middleware/tracing.h"

#include "common/random.h"

namespace common::http {

Verdict Tracing::before(Request& request, const Route&) {
  const auto sent = request.header(Header::traceparent);
  if (sent.empty() && !sink_.enabled()) return std::monostate{};
  const auto caller = parse_traceparent(sent);
  request.parent_span = caller ? std::optional(caller->span_id) : std::nullopt;
  request.trace = caller ? caller->child(thread_random()) : new_trace(thread_random(), true);
  return std::monostate{};
}

void Tracing::after(Request& request, Response& response) {
  if (!request.trace || !request.trace->sampled || !sink_.enabled()) return;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(request.elapsed);
  Span span;
  span.name = std::string(to_string(request.method)) + " " + std::string(request.route);
  span.kind = SpanKind::server;
  span.context = *request.trace;
  span.parent_id = request.parent_span;
  span.start = clock_.now() - duration;
  span.duration = duration;
  span.tags = {{"http.request.method", std::string(request.method_name)},
               {"http.route", std::string(request.route)},
               {"http.response.status_code", std::to_string(response.status)},
               {"request_id", request.id}};
  sink_.record(std::move(span));
}

}  // namespace common::http
