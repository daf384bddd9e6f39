// Spans: what one server did for one request, from when to when, and where such records go.
//
// SpanSink is the whole interface. `none` is for when nobody asked, `log` writes a line each, and
// the exporter (span_exporter.h) sends them to a collector in Zipkin's format.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/trace.h"

namespace common {

enum class SpanKind { internal, server, client, producer, consumer };

struct Span {
  std::string name;  // "GET /v1/links/{code}": the route's template, never the raw path
  SpanKind kind = SpanKind::internal;
  TraceContext context;             // its trace, and its own id
  std::optional<SpanId> parent_id;  // the span above; none: the trace begins here
  TimePoint start;
  std::chrono::microseconds duration{0};
  std::vector<std::pair<std::string, std::string>> tags;
};

// Zipkin's JSON v2 (POST /api/v2/spans): an array with an object for each span. `service` names
// this server. Times are in microseconds; a span shorter than one counts as one, since Zipkin reads
// 0 as unknown.
std::string zipkin_json(std::span<const Span> spans, std::string_view service);

// Takes finished spans. Thread-safe; never blocks for long, never fails: a span may be lost, a
// request not.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  // Whether spans are wanted: if not, don't bother making them.
  virtual bool enabled() const noexcept = 0;
  virtual void record(Span span) = 0;
};

class SpanSinkNone final : public SpanSink {
 public:
  bool enabled() const noexcept override { return false; }
  void record(Span) override {}
};

// One log line each, at level info.
class SpanSinkLog final : public SpanSink {
 public:
  bool enabled() const noexcept override { return true; }
  void record(Span span) override;
};

}  // namespace common
