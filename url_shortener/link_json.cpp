#include "url_shortener/link_json.h"

#include <algorithm>

#include "common/http/json_body.h"
#include "common/text.h"
#include "url_shortener/reserved.h"
#include "url_shortener/url_check.h"

namespace url_shortener {
namespace {

using common::TimePoint;
using common::http::JsonFields;
using common::http::Response;
namespace json = common::json;

constexpr std::uint64_t ttl_seconds_max = 100ULL * 366 * 24 * 3600;
constexpr std::uint64_t clicks_max = 1'000'000'000'000;
constexpr std::size_t tags_max = 16;
constexpr std::size_t tag_bytes_max = 64;

// The URL normalised, or a problem noted.
std::string checked_url(JsonFields& fields, const std::string& text, std::span<const std::string> own) {
  auto url = check_url(text, own);
  if (url.has_value()) return std::move(*url);
  fields.refuse("longUrl", std::string(url.error().sentence));
  return {};
}

std::optional<TimePoint> expiry(JsonFields& fields, TimePoint now) {
  const auto ttl = fields.unsigned_integer("ttlSeconds", 1, ttl_seconds_max);
  const auto at = fields.time("expiresAt");
  if (ttl && at) fields.refuse("expiresAt", "must not be given together with ttlSeconds");
  if (ttl) return now + std::chrono::seconds{*ttl};
  if (at && *at <= now) fields.refuse("expiresAt", "must be in the future");
  return at;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::vector<std::string> tags_of(JsonFields& fields) {
  auto tags = fields.strings("tags", tags_max, tag_bytes_max).value_or(std::vector<std::string>{});
  if (std::any_of(tags.begin(), tags.end(), has_control)) fields.refuse("tags", "must hold no control characters");
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

// A refused URL has its own code: it is what most callers want to tell apart.
Response refusal(const JsonFields& fields, bool url_is_bad) {
  return fields.refusal(url_is_bad ? "URL_INVALID" : "VALIDATION_FAILED");
}

}  // namespace

std::variant<NewLink, Response> parse_new_link(const json::object& body, TimePoint now,
                                               std::span<const std::string> own_places) {
  JsonFields fields(body, {"longUrl", "alias", "ttlSeconds", "expiresAt", "maxClicks", "tags", "ifExists"});
  NewLink link;
  const std::string url = fields.required_string("longUrl");
  const bool had_url = !fields.refused();
  bool url_is_bad = false;
  if (fields.has("longUrl") && (!url.empty() || had_url)) {
    link.long_url = checked_url(fields, url, own_places);
    url_is_bad = link.long_url.empty();
  }
  if (const auto alias = fields.string("alias")) {
    if (!is_alias(*alias)) {
      fields.refuse("alias", "must be 3 to 32 of A-Z, a-z, 0-9, _ and -");
    } else if (is_reserved(*alias)) {
      fields.refuse("alias", "is a reserved word");
    }
    link.alias = *alias;
  }
  link.expires_at = expiry(fields, now);
  link.max_clicks = fields.unsigned_integer("maxClicks", 1, clicks_max);
  link.tags = tags_of(fields);
  if (const auto if_exists = fields.string("ifExists")) {
    if (*if_exists != "reuse") fields.refuse("ifExists", "must be \"reuse\"");
    link.reuse_existing = true;
    if (!link.alias.empty()) fields.refuse("ifExists", "makes no sense together with alias");
  }
  if (fields.refused()) return refusal(fields, url_is_bad);
  return link;
}

std::variant<Edit, Response> parse_edit(const json::object& body, TimePoint now,
                                        std::span<const std::string> own_places) {
  JsonFields fields(body, {"longUrl", "ttlSeconds", "expiresAt", "maxClicks", "tags"});
  Edit edit;
  bool url_is_bad = false;
  if (fields.is_null("longUrl")) fields.refuse("longUrl", "cannot be taken away");
  if (const auto url = fields.string("longUrl")) {
    edit.long_url = checked_url(fields, *url, own_places);
    url_is_bad = edit.long_url->empty();
  }
  if (fields.is_null("expiresAt")) edit.expires_at = std::optional<TimePoint>{};
  if (const auto at = expiry(fields, now)) edit.expires_at = at;
  if (fields.is_null("maxClicks")) edit.max_clicks = std::optional<std::uint64_t>{};
  if (const auto clicks = fields.unsigned_integer("maxClicks", 1, clicks_max)) edit.max_clicks = clicks;
  if (fields.has("tags")) edit.tags = tags_of(fields);
  if (fields.refused()) return refusal(fields, url_is_bad);
  return edit;
}

json::object to_json(const Link& link, const std::string& base_url) {
  json::object object;
  object["shortCode"] = link.code;
  object["shortUrl"] = base_url + "/" + link.code;
  object["longUrl"] = link.long_url;
  object["createdAt"] = common::format_rfc3339(link.created_at);
  object["expiresAt"] = link.expires_at ? json::value(common::format_rfc3339(*link.expires_at)) : json::value();
  object["maxClicks"] = link.max_clicks ? json::value(*link.max_clicks) : json::value();
  json::array tags;
  for (const auto& tag : link.tags)
    tags.emplace_back(tag);
  object["tags"] = std::move(tags);
  return object;
}

json::object to_json(const ClickStats& stats) {
  const auto rows = [](const std::vector<ClickStats::Row>& list, const char* name, const char* unnamed) {
    json::array array;
    for (const auto& row : list) {
      array.push_back(json::object{{name, row.name.empty() ? unnamed : row.name.c_str()}, {"clicks", row.clicks}});
    }
    return array;
  };
  json::object object;
  object["total"] = stats.total;
  object["daily"] = rows(stats.daily, "date", "");
  object["referrers"] = rows(stats.referrers, "referrer", "direct");
  object["agents"] = rows(stats.agents, "agent", "unknown");
  return object;
}

const std::string_view schemas = R"({
  "NewLink": {"type": "object", "required": ["longUrl"], "additionalProperties": false, "properties": {
    "longUrl": {"type": "string", "maxLength": 2048},
    "alias": {"type": "string", "pattern": "^[A-Za-z0-9_-]{3,32}$"},
    "ttlSeconds": {"type": "integer", "minimum": 1},
    "expiresAt": {"type": "string", "format": "date-time"},
    "maxClicks": {"type": "integer", "minimum": 1},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 16},
    "ifExists": {"enum": ["reuse"]}}},
  "LinkEdit": {"type": "object", "additionalProperties": false, "properties": {
    "longUrl": {"type": "string", "maxLength": 2048},
    "ttlSeconds": {"type": "integer", "minimum": 1},
    "expiresAt": {"type": ["string", "null"], "format": "date-time"},
    "maxClicks": {"type": ["integer", "null"], "minimum": 1},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 16}}},
  "Link": {"type": "object", "properties": {
    "shortCode": {"type": "string"}, "shortUrl": {"type": "string"}, "longUrl": {"type": "string"},
    "createdAt": {"type": "string", "format": "date-time"},
    "expiresAt": {"type": ["string", "null"], "format": "date-time"},
    "maxClicks": {"type": ["integer", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}}}},
  "LinkList": {"type": "object", "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
    "meta": {"type": "object", "properties": {
      "limit": {"type": "integer"}, "nextCursor": {"type": ["string", "null"]}}}}},
  "LinkBatch": {"type": "object", "required": ["links"], "additionalProperties": false, "properties": {
    "links": {"type": "array", "items": {"$ref": "#/components/schemas/NewLink"}, "minItems": 1, "maxItems": 1000}}},
  "LinkBatchOutcome": {"type": "object", "properties": {
    "data": {"type": "array", "items": {"type": "object", "properties": {
      "index": {"type": "integer"}, "status": {"type": "integer"},
      "link": {"$ref": "#/components/schemas/Link"}, "error": {"type": "object"}}}},
    "meta": {"type": "object", "properties": {
      "created": {"type": "integer"}, "reused": {"type": "integer"}, "refused": {"type": "integer"}}}}},
  "ClickStats": {"type": "object", "properties": {
    "total": {"type": "integer"},
    "daily": {"type": "array", "items": {"type": "object", "properties": {
      "date": {"type": "string", "format": "date"}, "clicks": {"type": "integer"}}}},
    "referrers": {"type": "array", "items": {"type": "object", "properties": {
      "referrer": {"type": "string"}, "clicks": {"type": "integer"}}}},
    "agents": {"type": "array", "items": {"type": "object", "properties": {
      "agent": {"type": "string"}, "clicks": {"type": "integer"}}}}}}
})";

}  // namespace url_shortener
