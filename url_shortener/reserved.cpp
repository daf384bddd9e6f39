#include "url_shortener/reserved.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace url_shortener {
namespace {

using namespace std::string_view_literals;

// Lower case and sorted, for the binary search.
constexpr std::array words = {
    "about"sv,   "account"sv, "admin"sv,  "api"sv,     "app"sv,         "apple-touch-icon"sv,
    "assets"sv,  "auth"sv,    "blog"sv,   "create"sv,  "css"sv,         "dashboard"sv,
    "debug"sv,   "delete"sv,  "docs"sv,   "edit"sv,    "favicon"sv,     "graphql"sv,
    "health"sv,  "healthz"sv, "help"sv,   "home"sv,    "images"sv,      "img"sv,
    "index"sv,   "js"sv,      "links"sv,  "login"sv,   "logout"sv,      "manifest"sv,
    "metrics"sv, "new"sv,     "oauth"sv,  "openapi"sv, "ping"sv,        "preview"sv,
    "privacy"sv, "public"sv,  "readyz"sv, "robots"sv,  "root"sv,        "security"sv,
    "shorten"sv, "signin"sv,  "signup"sv, "sitemap"sv, "static"sv,      "stats"sv,
    "status"sv,  "support"sv, "terms"sv,  "unlock"sv,  "unsubscribe"sv, "user"sv,
    "users"sv,   "v1"sv,      "v2"sv,     "v3"sv,      "well-known"sv,  "www"sv,
};
static_assert(std::is_sorted(words.begin(), words.end()));

// "favicon.ico", "openapi.json", "robots.txt": whatever the extension, the name before the dot decides.
constexpr std::string_view stem(std::string_view segment) noexcept {
  return segment.substr(0, segment.find('.', 1));
}

constexpr bool less_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return common::ascii_lower(x) < common::ascii_lower(y); });
}

}  // namespace

bool is_reserved(std::string_view code) noexcept {
  return std::binary_search(words.begin(), words.end(), stem(code), less_ignoring_case);
}

bool is_code(std::string_view text) noexcept {
  if (text.empty() || text.size() > 32) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (common::ascii_lower(c) >= 'a' && common::ascii_lower(c) <= 'z') || c == '_' ||
           c == '-';
  });
}

bool is_alias(std::string_view text) noexcept {
  return text.size() >= 3 && is_code(text);
}

}  // namespace url_shortener
