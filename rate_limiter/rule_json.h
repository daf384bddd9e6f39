// Rules as JSON, in and out.

#pragma once

#include <string_view>
#include <variant>

#include "common/http/response.h"
#include "common/json.h"
#include "rate_limiter/rule.h"

namespace rate_limiter {

// {"name","algorithm","limit","period","burst"?,"mode","trace","overrides":[{"key","limit","period","burst"?}]}
common::json::object to_json(const Rule& rule);

// The same for the rule `name`, where only limit and period are required; or 422 with every problem.
// `log_max`: see make_limit() of rule.h.
std::variant<Rule, common::http::Response> parse_rule(std::string_view name, const common::json::object& body,
                                                      std::int64_t log_max = log_limit_max);

// JSON schemas of all that is spoken, for /openapi.json.
extern const std::string_view schemas;

}  // namespace rate_limiter
