// A URL taken apart, strictly: RFC 3986, section 3 and appendix A.
//
// Only for hierarchical URLs ("//" behind the scheme) in ASCII. Splitting never fails; whether a part holds what
// it may hold is asked separately, so that a refusal can say which part was wrong. Views into the argument. Pure.
//
// By hand, although libraries exist: Boost.URL 1.81 (Debian 12's) reads "http://1.2.3.4.example/" as the host
// 1.2.3.4 with the path ".example/", and "http://host:8x/" as port 8 with the path "x/". Two programs that
// disagree on where the host ends are how filters are fooled, so here its end is one find_first_of.

#pragma once

#include <optional>
#include <string_view>

namespace url_shortener {

struct UrlParts {
  std::string_view scheme;                   // without "://"; empty if there is none
  std::string_view authority;                // up to the first of "/?#"
  std::string_view path;                     // empty, or begins with '/'
  std::optional<std::string_view> query;     // without '?'
  std::optional<std::string_view> fragment;  // without '#'
};
UrlParts split_url(std::string_view url);

struct AuthorityParts {
  bool has_userinfo = false;
  std::string_view host;  // an IP literal keeps its brackets
  std::optional<std::string_view> port;
};
AuthorityParts split_authority(std::string_view authority);

// *( pchar / "/" ): what a path may hold.
bool is_path(std::string_view text) noexcept;
// *( pchar / "/" / "?" ): what a query or a fragment may hold.
bool is_query(std::string_view text) noexcept;

// ALPHA / DIGIT / "-" / "." / "_" / "~"
bool is_unreserved(char c) noexcept;

}  // namespace url_shortener
