#include "url_shortener/url_parts.h"

namespace url_shortener {
namespace {

bool is_one_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}

bool is_hex_digit(char c) noexcept {
  return is_one_of(c, "0123456789abcdefABCDEF");
}

// Percent-encoded bytes, unreserved characters, and those of `others`.
bool holds_only(std::string_view text, std::string_view others) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) return false;
      i += 2;
    } else if (!is_unreserved(text[i]) && !is_one_of(text[i], others)) {
      return false;
    }
  }
  return true;
}

// Cuts `text` at the first `mark`; what was behind it, if there is one.
std::optional<std::string_view> cut_at(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

}  // namespace

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  parts.fragment = cut_at(url, '#');
  parts.query = cut_at(url, '?');
  const auto scheme_end = url.find("://");
  if (scheme_end < url.find('/')) {
    parts.scheme = url.substr(0, scheme_end);
    url.remove_prefix(scheme_end + 3);
  }
  parts.authority = url.substr(0, url.find('/'));
  parts.path = url.substr(parts.authority.size());
  return parts;
}

AuthorityParts split_authority(std::string_view authority) {
  AuthorityParts parts;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    parts.has_userinfo = true;
    authority.remove_prefix(at + 1);
  }
  // Colons inside of brackets belong to an IPv6 address.
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const auto colon = authority.find(':', bracket);
  parts.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) parts.port = authority.substr(colon + 1);
  return parts;
}

bool is_path(std::string_view text) noexcept {
  return holds_only(text, "!$&'()*+,;=:@/");
}

bool is_query(std::string_view text) noexcept {
  return holds_only(text, "!$&'()*+,;=:@/?");
}

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || is_one_of(c, "-._~");
}

}  // namespace url_shortener
