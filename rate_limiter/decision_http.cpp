#include "rate_limiter/decision_http.h"

#include <algorithm>
#include <charconv>

namespace rate_limiter {
namespace {

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

std::int64_t seconds(Ticks ticks) {
  return ceil_div(ticks, ticks_per_second);
}

std::int64_t milliseconds(Ticks ticks) {
  return ceil_div(ticks, 1'000);
}

}  // namespace

void append_decision(std::string& out, Asking& asking, std::size_t i, bool allowed) {
  const Rule& rule = asking.rule(i);
  const Decision& decision = asking.decision(i);
  const Limit& limit = asking.checks()[i].limit->limit;
  out += allowed ? R"({"allowed":true,"rule":")" : R"({"allowed":false,"rule":")";
  out += rule.name;  // has nothing to escape
  out += R"(","algorithm":")";
  out += to_string(limit.algorithm);
  out += R"(","limit":)";
  append_number(out, limit.limit);
  out += R"(,"remaining":)";
  append_number(out, decision.remaining);
  out += R"(,"resetAfterMs":)";
  append_number(out, milliseconds(decision.reset_after));
  out += R"(,"retryAfterMs":)";
  if (decision.retry_after == Decision::never) {
    out += "null";
  } else {
    append_number(out, milliseconds(decision.retry_after));
  }
  out += R"(,"mode":")";
  out += to_string(rule.mode);
  out += R"(","reason":")";
  out += to_string(decision.reason);
  out += "\"}";
}

std::string rate_limit_headers(Asking& asking) {
  const auto checks = asking.checks();
  const std::size_t first = asking.foremost();
  const Decision& decision = asking.decision(first);
  std::string out;
  out.reserve(256);
  out += "X-RateLimit-Limit: ";
  append_number(out, checks[first].limit->limit.limit);
  out += "\r\nX-RateLimit-Remaining: ";
  append_number(out, decision.remaining);
  out += "\r\nX-RateLimit-Reset: ";
  append_number(out, seconds(decision.reset_after));
  out += "\r\nRateLimit-Policy: ";
  std::string limits;  // of the other header
  for (std::size_t i = 0; i < asking.size(); ++i) {
    bool before = false;  // of two keys of a rule, only the one spoken of
    for (std::size_t other = 0; other < asking.size(); ++other) {
      const bool same = &asking.rule(other) == &asking.rule(i);
      before = before || (same && (other == first || (other < i && i != first)) && other != i);
    }
    if (before) continue;
    if (!limits.empty()) {
      out += ", ";
      limits += ", ";
    }
    out += checks[i].limit->policy;
    limits += '"';
    limits += asking.rule(i).name;
    limits += "\";r=";
    append_number(limits, asking.decision(i).remaining);
    limits += ";t=";
    append_number(limits, seconds(asking.decision(i).next_after));
  }
  out += "\r\nRateLimit: ";
  out += limits;
  out += "\r\n";
  return out;
}

std::string retry_after_header(const Asking& asking) {
  Ticks longest = 0;
  for (std::size_t i = 0; i < asking.size(); ++i) {
    if (asking.passes(i)) continue;
    if (asking.decision(i).retry_after == Decision::never) return {};
    longest = std::max(longest, asking.decision(i).retry_after);
  }
  std::string out = "Retry-After: ";
  append_number(out, std::max<std::int64_t>(1, seconds(longest)));
  out += "\r\n";
  return out;
}

common::http::Response answer(Asking& asking, bool results) {
  const bool allowed = asking.allowed();
  std::string body;
  body.reserve(256);
  append_decision(body, asking, asking.foremost(), allowed);
  if (results) {
    body.pop_back();
    body += R"(,"results":[)";
    for (std::size_t i = 0; i < asking.size(); ++i) {
      if (i > 0) body += ',';
      append_decision(body, asking, i, asking.passes(i));
    }
    body += "]}";
  }
  auto response = common::http::json(allowed ? 200 : 429, std::move(body));
  response.raw_headers(rate_limit_headers(asking));
  if (!allowed) response.raw_headers(retry_after_header(asking));
  return response;
}

}  // namespace rate_limiter
