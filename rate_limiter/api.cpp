#include "rate_limiter/api.h"

#include <algorithm>

#include "common/http/json_body.h"
#include "common/pagination.h"
#include "common/text.h"
#include "rate_limiter/decision_http.h"
#include "rate_limiter/explanation_json.h"
#include "rate_limiter/rule_json.h"

namespace rate_limiter {

namespace http = common::http;
namespace json = common::json;

namespace {

http::Response no_such_rule() {
  return http::error(404, "RULE_NOT_FOUND", "there is no rule of this name; GET /v1/rules lists them");
}

http::Response page(json::array data, std::size_t limit, json::value next) {
  json::object object;
  object["data"] = std::move(data);
  object["meta"] = json::object{{"limit", limit}, {"nextCursor", std::move(next)}};
  return http::json(200, json::serialize(object));
}

// Reads {"rule","key","cost"?} and adds it; the answer when it cannot be.
std::optional<http::Response> add_check(const json::object& object, Asking& asking) {
  http::JsonFields fields(object, {"rule", "key", "cost"});
  const std::string rule = fields.required_string("rule");
  const std::string key = fields.required_string("key");
  const auto cost = fields.unsigned_integer("cost", 0, count_max);
  if (!fields.refused() && (key.empty() || key.size() > key_bytes_max)) fields.refuse("key", "must be 1 to 1024 bytes");
  if (fields.refused()) return fields.refusal();
  switch (asking.add(rule, key, static_cast<std::int64_t>(cost.value_or(1)))) {
    case Asking::Added::yes:
      return std::nullopt;
    case Asking::Added::no_such_rule:
      return no_such_rule();
    case Asking::Added::there_already:
      return http::error(422, "VALIDATION_FAILED", "a rule and key stand there twice: add up their costs",
                         {{"checks", "repeats a rule and key"}});
    case Asking::Added::too_many:
      return http::error(422, "VALIDATION_FAILED", "too many checks at once", {{"checks", "must be 1 to 16"}});
  }
  return std::nullopt;
}

}  // namespace

void Api::add_routes(http::Router& router) {
  router.post(
      "/v1/check",
      {.summary = "Decide on one check, or on several: all or nothing. Cost 0 peeks",
       .request_schema = "Check",
       .responses = {{200, "allowed", "Decision"}, {429, "refused", "Decision"}, {404, "no such rule", "Error"}}},
      [this](Request& r) -> Reply { return check(r); });
  router.post(
      "/v1/explain",
      {.summary = "Why a check would be decided as it would be; takes nothing",
       .request_schema = "Check",
       .responses = {{200, "state, arithmetic, next admission", "Explanation"}, {404, "no such rule", "Error"}}},
      [this](Request& r) -> Reply { return explain(r); });
  router.get(
      "/v1/rules",
      {.summary = "List the rules in force", .query = {"limit", "cursor"}, .responses = {{200, "a page", "RuleList"}}},
      [this](Request& r) -> Reply { return list(r); });
  router.get("/v1/rules/{name}", {.summary = "Read a rule", .responses = {{200, "the rule", "Rule"}}},
             [this](Request& r) -> Reply { return read(r); });
  router.put("/v1/rules/{name}",
             {.summary = "Put a rule in force, in this process and until the rules' file changes",
              .request_schema = "Rule",
              .responses = {{200, "replaced", "Rule"}, {201, "new", "Rule"}}},
             [this](Request& r) -> Reply { return put(r); });
  router.delete_(
      "/v1/rules/{name}",
      {.summary = "Take a rule out of force; login goes back to the built-in one", .responses = {{204, "gone", ""}}},
      [this](Request& r) -> Reply { return remove(r); });
  router.delete_("/v1/rules/{name}/keys/{key}",
                 {.summary = "Forget what a key has used", .responses = {{204, "forgotten", ""}}},
                 [this](Request& r) -> Reply { return forget(r); });
  router.get(
      "/v1/top",
      {.summary = "The keys that are refused most", .query = {"limit"}, .responses = {{200, "a page", "TopKeys"}}},
      [this](Request& r) -> Reply { return refused_most(r); });
}

std::variant<Api::Parsed, Api::Response> Api::parse(const Request& request) {
  auto body = http::read_json(request);
  if (body.has_error()) return body.error();
  Parsed parsed{.asking = Asking(limiter_.rules().here()), .several = body->contains("checks")};
  if (!parsed.several) {
    if (auto refused = add_check(*body, parsed.asking)) return std::move(*refused);
    return parsed;
  }
  http::JsonFields fields(*body, {"checks"});
  const auto* checks = body->at("checks").if_array();
  if (!checks || checks->empty() || checks->size() > Asking::checks_max) fields.refuse("checks", "must be 1 to 16");
  if (fields.refused()) return fields.refusal();
  for (const auto& each : *checks) {
    const auto* object = each.if_object();
    if (!object)
      return http::error(422, "VALIDATION_FAILED", "each check must be an object", {{"checks", "is not one"}});
    if (auto refused = add_check(*object, parsed.asking)) return std::move(*refused);
  }
  return parsed;
}

http::Reply Api::check(Request& request) {
  auto parsed = parse(request);
  if (auto* refused = std::get_if<Response>(&parsed)) return std::move(*refused);
  auto& asked = std::get<Parsed>(parsed);
  if (!limiter_.check_now(asked.asking)) return check_later(std::move(asked));
  return answer(asked.asking, asked.several);
}

Api::Task Api::check_later(Parsed parsed) {
  const auto decided = co_await limiter_.check(parsed.asking);
  if (decided.has_error()) co_return http::failed(decided.error());
  co_return answer(parsed.asking, parsed.several);
}

Api::Task Api::explain(Request& request) {
  auto parsed = parse(request);
  if (auto* refused = std::get_if<Response>(&parsed)) co_return std::move(*refused);
  auto& asked = std::get<Parsed>(parsed);
  Asking& asking = asked.asking;
  json::array all;
  for (std::size_t i = 0; i < asking.size(); ++i) {
    const Check& about = asking.checks()[i];
    const auto snapshot = co_await limiter_.store().look(about);
    if (snapshot.has_error()) co_return http::failed(snapshot.error());
    all.push_back(to_json(asking, i, *snapshot, limiter_.traces().of(about.limit->name, about.key)));
  }
  if (!asked.several) co_return http::json(200, json::serialize(all[0]));
  json::object object;
  object["explanations"] = std::move(all);
  co_return http::json(200, json::serialize(object));
}

http::Response Api::list(const Request& request) {
  const auto limit = common::parse_page_limit(request.query_parameter("limit"));
  if (limit.has_error()) {
    return http::error(422, "LIMIT_INVALID", "the page's limit was refused", {{"limit", limit.error().message}});
  }
  const auto rules = limiter_.rules().here();
  auto from = rules->all().begin();
  if (const auto cursor = request.query_parameter("cursor")) {
    const auto position = common::decode_cursor("rules", *cursor, "t");
    const auto* const name = position.has_value() ? &std::get<std::string>((*position)[0]) : nullptr;
    const auto last = std::find_if(from, rules->all().end(),
                                   [&](const auto& each) { return name != nullptr && each->rule.name == *name; });
    if (last == rules->all().end()) {
      return http::error(422, "CURSOR_INVALID", "the cursor is not one that this list gave, or its rule is gone",
                         {{"cursor", "is invalid"}});
    }
    from = std::next(last);
  }
  json::array data;
  for (; from != rules->all().end() && data.size() < *limit; ++from)
    data.push_back(to_json((*from)->rule));
  json::value next;
  if (from != rules->all().end()) next = common::encode_cursor("rules", {(*std::prev(from))->rule.name});
  return page(std::move(data), *limit, std::move(next));
}

http::Response Api::read(const Request& request) {
  const auto* const found = limiter_.rules().here()->find(request.params[0]);
  return found ? http::json(200, json::serialize(to_json(found->rule))) : no_such_rule();
}

// With --auth jwt a token says who is asking, and not everybody who has one may change the rules.
std::optional<http::Response> Api::forbidden(const Request& request) const {
  if (!options_.guarded) return std::nullopt;
  const auto& admins = options_.admins;
  if (std::find(admins.begin(), admins.end(), request.subject) != admins.end()) return std::nullopt;
  return http::error(403, "FORBIDDEN", "changing rules and keys takes a token of one of the --admin subjects");
}

http::Response Api::put(const Request& request) {
  if (auto refused = forbidden(request)) return std::move(*refused);
  const auto body = http::read_json(request);
  if (body.has_error()) return body.error();
  auto rule = parse_rule(request.params[0], *body, options_.log_max);
  if (auto* refused = std::get_if<Response>(&rule)) return std::move(*refused);
  const auto shown = json::serialize(to_json(std::get<Rule>(rule)));
  switch (limiter_.rules().put(std::move(std::get<Rule>(rule)))) {
    case RuleBook::Put::created:
      return http::json(201, shown).header("Location", "/v1/rules/" + std::string(request.params[0]));
    case RuleBook::Put::replaced:
      return http::json(200, shown);
    case RuleBook::Put::full:
      break;
  }
  return http::error(422, "TOO_MANY_RULES", "there are as many rules, or names that were rules, as there may be");
}

http::Response Api::remove(const Request& request) {
  if (auto refused = forbidden(request)) return std::move(*refused);
  if (limiter_.rules().remove(request.params[0]) == RuleBook::Removed::not_there) return no_such_rule();
  return Response{204};
}

Api::Task Api::forget(Request& request) {
  if (auto refused = forbidden(request)) co_return std::move(*refused);
  const std::string key(request.params[1]);
  if (key.empty() || key.size() > key_bytes_max) co_return http::error(422, "KEY_INVALID", "a key is 1 to 1024 bytes");
  Asking asking(limiter_.rules().here());
  if (asking.add(request.params[0], key, 0) != Asking::Added::yes) co_return no_such_rule();
  const auto done = co_await limiter_.forget(asking);
  if (done.has_error()) co_return http::failed(done.error());
  co_return Response{204};
}

http::Response Api::refused_most(const Request& request) {
  const auto limit = common::parse_page_limit(request.query_parameter("limit"));
  if (limit.has_error()) {
    return http::error(422, "LIMIT_INVALID", "the page's limit was refused", {{"limit", limit.error().message}});
  }
  json::array data;
  for (const auto& place : limiter_.refused_most().top(*limit)) {
    data.push_back(json::object{{"rule", place.rule},
                                {"key", common::replace_invalid_utf8(place.key)},
                                {"refused", place.count},
                                {"tooHighBy", place.too_high_by}});
  }
  return page(std::move(data), *limit, nullptr);
}

}  // namespace rate_limiter
