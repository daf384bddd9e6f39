// W3C Trace Context (Recommendation, level 1): who called, and which spans belong together.
//
//   traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//                version, trace id, id of the caller's span, flags (01: sampled)
//
// One request that crosses five servers is one trace; each hop is a span with an id of its own and
// its caller's as parent. `tracestate`, which carries vendors' own data beside it, is not passed on
// (the standard allows it). Pure: ids come from a Random.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/random.h"

namespace common {

using SpanId = std::array<std::uint8_t, 8>;

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  SpanId span_id{};  // of the span this context names
  bool sampled = false;

  // The context of a span below this one: the same trace and decision, a span id of its own.
  TraceContext child(Random& random) const;

  bool operator==(const TraceContext&) const = default;
};

// The context of a trace that begins here.
TraceContext new_trace(Random& random, bool sampled);

// A traceparent header's value. nullopt means to begin a new trace: not of the form above, in lower
// case; an id of zeros only; version ff. Of a version above 00 the first four fields are read and
// what follows is ignored (section 3.2.4 of the standard, "Versioning of traceparent").
std::optional<TraceContext> parse_traceparent(std::string_view text);

// Always version 00, 55 characters.
std::string format_traceparent(const TraceContext& context);

// Lower-case hex: 32 and 16 characters.
std::string trace_id_text(const TraceContext& context);
std::string span_id_text(const SpanId& id);

}  // namespace common
