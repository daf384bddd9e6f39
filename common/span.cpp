#include "common/span.h"

#include <algorithm>

#include "common/json.h"
#include "common/log.h"

namespace common {
namespace {

const char* kind_name(SpanKind kind) {
  switch (kind) {
    case SpanKind::internal:
      return "INTERNAL";
    case SpanKind::server:
      return "SERVER";
    case SpanKind::client:
      return "CLIENT";
    case SpanKind::producer:
      return "PRODUCER";
    case SpanKind::consumer:
      return "CONSUMER";
  }
  return "INTERNAL";
}

std::int64_t shown_duration(const Span& span) {
  return std::max<std::int64_t>(1, span.duration.count());
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.append(json_quote(name)).append(":").append(json_quote(value)).append(",");
}

void append_span(std::string& out, const Span& span, const std::string& endpoint) {
  out.push_back('{');
  append_member(out, "traceId", trace_id_text(span.context));
  append_member(out, "id", span_id_text(span.context.span_id));
  if (span.parent_id) append_member(out, "parentId", span_id_text(*span.parent_id));
  // Zipkin knows four kinds; an internal span has none.
  if (span.kind != SpanKind::internal) append_member(out, "kind", kind_name(span.kind));
  append_member(out, "name", span.name);
  out.append("\"timestamp\":").append(std::to_string(span.start.time_since_epoch().count()));
  out.append(",\"duration\":").append(std::to_string(shown_duration(span)));
  out.append(",\"localEndpoint\":").append(endpoint);
  if (!span.tags.empty()) {
    out.append(",\"tags\":{");
    for (const auto& [name, value] : span.tags)
      append_member(out, name, value);
    out.back() = '}';
  }
  out.push_back('}');
}

}  // namespace

std::string zipkin_json(std::span<const Span> spans, std::string_view service) {
  const std::string endpoint = "{\"serviceName\":" + json_quote(service) + "}";
  std::string out;
  out.reserve(2 + spans.size() * 320);
  out.push_back('[');
  for (const Span& span : spans) {
    if (out.size() > 1) out.push_back(',');
    append_span(out, span, endpoint);
  }
  out.push_back(']');
  return out;
}

void SpanSinkLog::record(Span span) {
  log::info("span", {{"name", span.name},
                     {"kind", kind_name(span.kind)},
                     {"trace", trace_id_text(span.context)},
                     {"span", span_id_text(span.context.span_id)},
                     {"parent", span.parent_id ? span_id_text(*span.parent_id) : std::string()},
                     {"duration_us", shown_duration(span)}});
}

}  // namespace common
