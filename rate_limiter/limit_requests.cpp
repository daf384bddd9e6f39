#include "rate_limiter/limit_requests.h"

#include "common/text.h"
#include "rate_limiter/decision_http.h"

namespace rate_limiter {

namespace http = common::http;

namespace {

// The answer to a refused request; of an admitted one the headers are kept for later.
std::optional<http::Response> outcome(http::Request& request, Asking& asking) {
  if (asking.allowed()) {
    request.rate_limit_headers = rate_limit_headers(asking);
    return std::nullopt;
  }
  const bool unavailable = asking.decision(asking.foremost()).reason == Reason::store_unavailable;
  http::Response refused =
      unavailable ? http::error(429, "RATE_LIMIT_UNKNOWN", "what is left of the limit cannot be told at the moment")
                  : http::error(429, "RATE_LIMITED", "too many requests; Retry-After says when there may be another");
  refused.raw_headers(rate_limit_headers(asking)).raw_headers(retry_after_header(asking));
  return refused;
}

}  // namespace

std::string LimitRequests::key_of(const http::Request& request, LimitBy by) const {
  if (by == LimitBy::route) return std::string(request.method_name) + " " + std::string(request.route);
  if (by == LimitBy::user && !request.subject.empty()) return "user:" + request.subject.substr(0, key_bytes_max - 5);
  std::vector<std::string_view> forwarded;
  for (const auto& field : request.headers()) {
    if (common::iequals(field.name, "X-Forwarded-For")) forwarded.push_back(field.value);
  }
  return "address:" + addresses_.client(request.peer_address, forwarded);
}

http::Verdict LimitRequests::before(http::Request& request, const http::Route&) {
  std::optional<Asking> asking;
  for (const LimitedRoute& line : lines_) {
    if (!line.route.empty() && line.route != request.route) continue;
    if (!asking) asking.emplace(limiter_.rules().here());
    asking->add(line.rule, key_of(request, line.by), 1);
  }
  if (!asking || asking->size() == 0) return std::monostate{};
  if (!limiter_.check_now(*asking)) return decide_later(request, std::move(*asking));
  if (auto refused = outcome(request, *asking)) return std::move(*refused);
  return std::monostate{};
}

common::Task<std::optional<http::Response>> LimitRequests::decide_later(http::Request& request, Asking asking) {
  const auto decided = co_await limiter_.check(asking);
  if (decided.has_error()) co_return http::failed(decided.error());
  co_return outcome(request, asking);
}

void LimitRequests::after(http::Request& request, http::Response& response) {
  if (!request.rate_limit_headers.empty() && response.status / 100 != 3) {
    response.raw_headers(request.rate_limit_headers);
  }
}

}  // namespace rate_limiter
