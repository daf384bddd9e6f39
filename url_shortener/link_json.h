// Links as JSON, in and out.

#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/json.h"
#include "url_shortener/click_store.h"
#include "url_shortener/link_store.h"

namespace url_shortener {

// What a creating request asks for, checked.
struct NewLink {
  std::string long_url;  // normalised
  std::string alias;     // empty: generate a code
  std::optional<common::TimePoint> expires_at;
  std::optional<std::uint64_t> max_clicks;
  std::vector<std::string> tags;
  bool reuse_existing = false;
};

// Reads {"longUrl", "alias"?, "ttlSeconds"?, "expiresAt"?, "maxClicks"?, "tags"?, "ifExists"?}, or answers 422 with
// every problem. `own_places` as in check_url().
std::variant<NewLink, common::http::Response> parse_new_link(const common::json::object& body, common::TimePoint now,
                                                             std::span<const std::string> own_places);

// The same fields but alias and ifExists, all optional; null takes an expiry or a limit away (RFC 7396).
std::variant<Edit, common::http::Response> parse_edit(const common::json::object& body, common::TimePoint now,
                                                      std::span<const std::string> own_places);

// `base_url` without a slash at its end.
common::json::object to_json(const Link& link, const std::string& base_url);
common::json::object to_json(const ClickStats& stats);

// JSON schemas of all of the above, for /openapi.json.
extern const std::string_view schemas;

}  // namespace url_shortener
