// Continues the trace that a request came with (traceparent, W3C), or starts one, and records this server's span of it.
//
// With --trace-exporter none nothing is recorded; a trace that a client began is still there for handlers that call
// other services (request.trace).

#pragma once

#include "common/http/application.h"
#include "common/span.h"

namespace common::http {

class Tracing final : public Middleware {
 public:
  // `sink` outlives this.
  Tracing(SpanSink& sink, const Clock& clock) : sink_(sink), clock_(clock) {}
  Verdict before(Request& request, const Route& route) override;
  void after(Request& request, Response& response) override;

 private:
  SpanSink& sink_;
  const Clock& clock_;
};

}  // namespace common::http
