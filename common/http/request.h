// What a client asked for, as a plain value.
//
// A Request owns its bytes, and lives until its answer has been written, whether the handler answered at once
// or as a coroutine; every string_view it hands out lives as long. It belongs to one thread.
//
// The engine fills it (request_parser.h), the middleware adds what it found out (id, trace, who is asking), the
// router adds the path parameters, the handler reads.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/resilience/shedder.h"
#include "common/trace.h"

namespace common::http {

struct Route;

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

std::string_view to_string(Method method) noexcept;

// Headers that the engine and the middleware look up for each request: found in O(1).
enum class Header : std::uint8_t {
  host,
  connection,
  content_length,
  content_type,
  transfer_encoding,
  expect,
  upgrade,
  accept,
  authorization,
  cookie,
  if_match,
  if_none_match,
  origin,
  referer,
  user_agent,
  access_control_request_method,
  x_forwarded_for,
  x_request_id,
  traceparent,
  idempotency_key,
  last_event_id,
  count_
};

struct HeaderField {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
};

struct ServerTiming {
  std::string_view name;  // a literal: "store", "cache"
  std::chrono::nanoseconds duration;
};

class Request {
 public:
  Request() { known_.fill(-1); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  Method method = Method::other;
  std::string_view method_name;  // "GET", or whatever was sent
  std::string_view target;       // as sent
  std::string_view path;         // of the target, percent-encoded as sent; starts with '/', or is "*"
  std::string_view query;        // of the target, without '?'
  std::string_view authority;    // of an absolute-form target, otherwise Host
  bool absolute_form = false;
  unsigned version = 11;  // 10 or 11
  std::string body;

  std::string_view peer_address;  // "127.0.0.1"
  bool secure = false;            // came over TLS
  Instant started;                // when its first bytes were read
  Duration elapsed{0};            // from then to the answer; known to the middleware's `after`

  // Added by the middleware.
  std::string id;                     // X-Request-ID
  std::optional<TraceContext> trace;  // present when the client sent one, or when spans are exported
  std::optional<SpanId> parent_span;  // the caller's, when it sent one
  std::string subject;                // who is asking: the JWT's `sub`, or empty
  std::vector<ServerTiming> timings;  // for Server-Timing
  std::string rate_limit_headers;     // whole lines for the answer, of a middleware that limits requests

  // Added by the router.
  std::string_view route = "unmatched";  // the template, "/v1/links/{code}": a metric's label, never the raw path
  std::uint16_t route_index = 0;
  std::array<std::string_view, 4> params;  // in the template's order, percent-decoded
  std::array<std::uint64_t, 4> numbers{};  // the same, of parameters typed {name:uint}
  std::string allow;                       // of an unmatched method: those that the path does take

  Shedder::Ticket admission;  // its place among the requests in flight, given back when the answer has gone

  // The value of a header; empty when absent. `has` tells absent from empty. The first, when it was repeated.
  std::string_view header(Header name) const noexcept {
    const auto index = known_[static_cast<std::size_t>(name)];
    return index < 0 ? std::string_view{} : fields_[static_cast<std::size_t>(index)].value;
  }
  bool has(Header name) const noexcept { return known_[static_cast<std::size_t>(name)] >= 0; }
  std::string_view header(std::string_view name) const noexcept;
  const std::vector<HeaderField>& headers() const noexcept { return fields_; }

  // A parameter of the query, percent- and plus-decoded; nullopt when absent. The first, when it was repeated.
  // For routes that name their query parameters: there a query with bad encoding has been refused.
  std::optional<std::string> query_parameter(std::string_view name) const;

  // Forgets everything but its buffers' capacity.
  void reset();

 private:
  friend class RequestParser;
  friend class Router;

  std::string head_;  // the bytes that the views point into
  std::vector<HeaderField> fields_;
  std::array<std::int16_t, static_cast<std::size_t>(Header::count_)> known_;
  std::array<std::string, 4> decoded_;  // parameters that came percent-encoded
  std::string rewritten_path_;          // the path behind an alias
  const Route* matched_ = nullptr;
};

// Whether all of a query decodes, to UTF-8.
bool well_formed_query(std::string_view query);

}  // namespace common::http
