#include "rate_limiter/rule_json.h"

#include "common/http/json_body.h"
#include "common/units.h"

namespace rate_limiter {

namespace http = common::http;
namespace json = common::json;

namespace {

constexpr std::size_t overrides_max = 10'000;

json::object numbers_of(const Limit& limit) {
  json::object object{{"limit", limit.limit}, {"period", format_period(limit.period)}};
  if (has_burst(limit.algorithm)) object["burst"] = limit.burst;
  return object;
}

std::optional<Ticks> period_of(http::JsonFields& fields) {
  const auto text = fields.string("period");
  if (!text) return std::nullopt;
  const auto duration = common::parse_duration(*text);
  if (duration.has_error()) {
    fields.refuse("period", "must be a duration such as 1m");
    return std::nullopt;
  }
  if (*duration % std::chrono::microseconds{1} != common::Duration{0}) {
    fields.refuse("period", "must be whole microseconds");
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::microseconds>(*duration).count();
}

std::optional<std::int64_t> count_of(http::JsonFields& fields, std::string_view name) {
  const auto number = fields.unsigned_integer(name, 1, count_max);
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

LimitNumbers numbers_of(http::JsonFields& fields) {
  LimitNumbers numbers;
  numbers.limit = count_of(fields, "limit");
  numbers.period = period_of(fields);
  numbers.burst = count_of(fields, "burst");
  return numbers;
}

// `base`: whose numbers stand where `own` has none.
std::optional<Limit> limit_of(http::JsonFields& fields, Algorithm algorithm, const LimitNumbers& own,
                              const LimitNumbers& base, std::int64_t log_max) {
  const bool sound = !fields.refused();  // otherwise what is absent may have been refused already
  if (!own.limit && !base.limit && (sound || !fields.has("limit"))) fields.refuse("limit", "is required");
  if (!own.period && !base.period && (sound || !fields.has("period"))) fields.refuse("period", "is required");
  if (fields.refused()) return std::nullopt;
  const auto made = make_limit(algorithm, own, base, log_max);
  if (const auto* refused = std::get_if<LimitRefused>(&made)) {
    fields.refuse(refused->field, refused->problem);
    return std::nullopt;
  }
  return std::get<Limit>(made);
}

void add_overrides(Rule& rule, const json::value& value, const LimitNumbers& base, std::int64_t log_max,
                   http::JsonFields& fields) {
  const auto* list = value.if_array();
  if (!list || list->size() > overrides_max) return fields.refuse("overrides", "must be an array of at most 10000");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = "overrides[" + std::to_string(i) + "]";
    const auto* object = (*list)[i].if_object();
    if (!object) return fields.refuse(place, "must be an object");
    http::JsonFields own(*object, {"key", "limit", "period", "burst"});
    const std::string key = own.required_string("key");
    if (!own.refused() && (key.empty() || key.size() > key_bytes_max)) own.refuse("key", "must be 1 to 1024 bytes");
    const auto limit = limit_of(own, rule.base.limit.algorithm, numbers_of(own), base, log_max);
    if (own.refused()) return fields.refuse(place, "has a key, limit, period or burst that was refused");
    if (!rule.overrides.try_emplace(key, rule.name, *limit).second) return fields.refuse(place, "repeats a key");
  }
}

}  // namespace

json::object to_json(const Rule& rule) {
  json::object object{{"name", rule.name}, {"algorithm", to_string(rule.base.limit.algorithm)}};
  for (auto& [name, value] : numbers_of(rule.base.limit))
    object[name] = value;
  object["mode"] = to_string(rule.mode);
  object["trace"] = rule.trace;
  json::array overrides;
  for (const auto& [key, limit] : rule.overrides) {
    json::object each{{"key", key}};
    for (auto& [name, value] : numbers_of(limit.limit))
      each[name] = value;
    overrides.push_back(std::move(each));
  }
  object["overrides"] = std::move(overrides);
  return object;
}

std::variant<Rule, http::Response> parse_rule(std::string_view name, const json::object& body, std::int64_t log_max) {
  http::JsonFields fields(body, {"name", "algorithm", "limit", "period", "burst", "mode", "trace", "overrides"});
  if (!is_rule_name(name)) {
    return http::error(422, "RULE_NAME_INVALID", "a rule's name is 1 to 64 of A-Z a-z 0-9 _ . -");
  }
  if (const auto own = fields.string("name"); own && *own != name) fields.refuse("name", "is another one in the path");
  Algorithm algorithm = Algorithm::token_bucket;
  if (const auto id = fields.string("algorithm")) {
    const auto known = parse_algorithm(*id);
    std::string list;
    for (const auto& each : algorithms)
      list.append(list.empty() ? "" : ", ").append(each.id);
    if (!known) fields.refuse("algorithm", "is unknown; there are " + list);
    algorithm = known.value_or(algorithm);
  }
  const LimitNumbers numbers = numbers_of(fields);
  const auto limit = limit_of(fields, algorithm, numbers, {}, log_max);
  const auto mode = fields.string("mode").value_or("enforce");
  if (mode != "enforce" && mode != "shadow") fields.refuse("mode", "must be enforce or shadow");
  const auto trace = fields.unsigned_integer("trace", 0, trace_max);
  if (fields.refused()) return fields.refusal("RULE_INVALID");

  Rule rule(std::string(name), *limit);
  rule.mode = mode == "shadow" ? Mode::shadow : Mode::enforce;
  rule.trace = static_cast<std::uint32_t>(trace.value_or(0));
  const auto* overrides = body.if_contains("overrides");
  if (overrides && !overrides->is_null()) add_overrides(rule, *overrides, numbers, log_max, fields);
  if (fields.refused()) return fields.refusal("RULE_INVALID");
  return rule;
}

const std::string_view schemas = R"({
  "OneCheck": {"type": "object", "required": ["rule", "key"], "additionalProperties": false, "properties": {
    "rule": {"type": "string"},
    "key": {"type": "string", "minLength": 1, "maxLength": 1024},
    "cost": {"type": "integer", "minimum": 0, "maximum": 1000000000, "default": 1}}},
  "Check": {"oneOf": [{"$ref": "#/components/schemas/OneCheck"},
    {"type": "object", "required": ["checks"], "additionalProperties": false, "properties": {
      "checks": {"type": "array", "minItems": 1, "maxItems": 16,
                 "items": {"$ref": "#/components/schemas/OneCheck"}}}}]},
  "Decision": {"type": "object", "properties": {
    "allowed": {"type": "boolean"}, "rule": {"type": "string"}, "algorithm": {"type": "string"},
    "limit": {"type": "integer"}, "remaining": {"type": "integer"}, "resetAfterMs": {"type": "integer"},
    "retryAfterMs": {"type": ["integer", "null"]}, "mode": {"enum": ["enforce", "shadow"]},
    "reason": {"enum": ["within_limit", "limit_reached", "cost_above_capacity", "store_unavailable"]},
    "results": {"type": "array", "items": {"$ref": "#/components/schemas/Decision"}}}},
  "Explanation": {"type": "object", "properties": {
    "rule": {"type": "string"}, "key": {"type": "string"}, "algorithm": {"type": "string"},
    "now": {"type": "string", "format": "date-time"}, "state": {"type": "object"},
    "arithmetic": {"type": "array", "items": {"type": "string"}},
    "decision": {"$ref": "#/components/schemas/Decision"},
    "nextAdmissionAt": {"type": ["string", "null"], "format": "date-time"},
    "trace": {"type": "array", "items": {"type": "object"}},
    "others": {"type": "array", "items": {"type": "object"}}}},
  "Rule": {"type": "object", "required": ["limit", "period"], "additionalProperties": false, "properties": {
    "name": {"type": "string"},
    "algorithm": {"enum": ["fixed_window", "sliding_window_log", "sliding_window_counter", "token_bucket",
                           "leaky_bucket", "gcra"]},
    "limit": {"type": "integer", "minimum": 1}, "period": {"type": "string"},
    "burst": {"type": "integer", "minimum": 1}, "mode": {"enum": ["enforce", "shadow"]},
    "trace": {"type": "integer", "minimum": 0, "maximum": 1000},
    "overrides": {"type": "array", "items": {"type": "object"}}}},
  "RuleList": {"type": "object", "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Rule"}},
    "meta": {"type": "object", "properties": {
      "limit": {"type": "integer"}, "nextCursor": {"type": ["string", "null"]}}}}},
  "TopKeys": {"type": "object", "properties": {
    "data": {"type": "array", "items": {"type": "object", "properties": {
      "rule": {"type": "string"}, "key": {"type": "string"}, "refused": {"type": "integer"},
      "tooHighBy": {"type": "integer"}}}},
    "meta": {"type": "object", "properties": {
      "limit": {"type": "integer"}, "nextCursor": {"type": "null"}}}}},
  "Credentials": {"type": "object", "required": ["user", "password"], "additionalProperties": false, "properties": {
    "user": {"type": "string"}, "password": {"type": "string"}}},
  "Token": {"type": "object", "properties": {
    "token": {"type": "string"}, "tokenType": {"const": "Bearer"}, "expiresIn": {"type": "integer"}}}
})";

}  // namespace rate_limiter
