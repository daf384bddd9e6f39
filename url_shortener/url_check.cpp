#include "url_shortener/url_check.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/text.h"
#include "url_shortener/host_name.h"
#include "url_shortener/url_parts.h"

namespace url_shortener {
namespace {

// Decoding and dot segments can shorten a URL, so a longer one may still pass; but not any length.
constexpr std::size_t typed_bytes_max = 4 * url_bytes_max;

constexpr std::string_view upper_hex = "0123456789ABCDEF";

UrlRefusal refuse(UrlProblem problem) {
  switch (problem) {
    case UrlProblem::too_long:
      return {problem, "the URL is longer than 2,048 bytes"};
    case UrlProblem::encoding:
      return {problem, "the URL is not valid UTF-8"};
    case UrlProblem::character:
      return {problem, "the URL contains white space or a control character"};
    case UrlProblem::scheme:
      return {problem, "the URL must begin with http:// or https://"};
    case UrlProblem::credentials:
      return {problem, "the URL must not contain a user name or password"};
    case UrlProblem::host:
      return {problem, "the URL's host is not a valid name or address"};
    case UrlProblem::port:
      return {problem, "the URL's port is not a number from 1 to 65535"};
    case UrlProblem::loop:
      return {problem, "the URL leads back to this server"};
    case UrlProblem::syntax:
      break;
  }
  return {UrlProblem::syntax,
          "the URL is not well-formed (RFC 3986); characters with no place in one must be "
          "percent-encoded"};
}

void append_percent_encoded(std::string& out, unsigned char byte) {
  out += {'%', upper_hex[byte >> 4], upper_hex[byte & 0xF]};
}

// `text` with every byte beyond ASCII percent-encoded; nullopt if it has white space or a control character.
std::optional<std::string> to_ascii(std::string_view text) {
  std::string ascii;
  ascii.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) return std::nullopt;
    if (byte < 0x80) {
      ascii += c;
    } else {
      append_percent_encoded(ascii, byte);
    }
  }
  return ascii;
}

// RFC 3986 section 6.2.2.1 and 6.2.2.2. Every '%' in `text` has its two digits.
std::string normalise_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    i += 2;
    if (is_unreserved(static_cast<char>(byte))) {
      out += static_cast<char>(byte);
    } else {
      append_percent_encoded(out, byte);
    }
  }
  return out;
}

// RFC 3986 section 5.2.4, for a path that is empty or begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto segment = path.substr(0, path.find('/', 1));
    path.remove_prefix(segment.size());
    if (segment == "/..") {
      const auto slash = out.rfind('/');
      out.resize(slash == std::string::npos ? 0 : slash);
    } else if (segment != "/.") {
      out += segment;
      continue;
    }
    if (path.empty()) out += '/';
  }
  return out.empty() ? "/" : out;
}

// An address without its scheme: where it leads.
struct Authority {
  std::string host;
  std::string port;  // "" for the default one

  std::string text() const { return port.empty() ? host : host + ':' + port; }
};

// The port in its one spelling, "" if it is `default_port` or missing.
std::optional<std::string> normalise_port(std::optional<std::string_view> text, unsigned default_port) {
  if (!text || text->empty()) return "";
  const std::string_view digits = *text;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (port == 0 || port > 65535) return std::nullopt;
  return port == default_port ? "" : std::to_string(port);
}

// What `authority` is compared as: without the trailing dot, IPv4 in IPv6 as IPv4.
std::string loop_key(const Authority& authority) {
  Authority key = authority;
  if (key.host.ends_with('.')) key.host.pop_back();
  constexpr std::string_view mapped = "[::ffff:";
  if (key.host.starts_with(mapped) && key.host.find('.') != std::string::npos) {
    key.host = key.host.substr(mapped.size(), key.host.size() - mapped.size() - 1);
  }
  return key.text();
}

// Whether `path` on the host `key` is the place `own` ("host[:port]", perhaps with a path) or below it.
bool is_below(std::string_view own, std::string_view key, std::string_view path) {
  const auto slash = std::min(own.find('/'), own.size());
  const auto prefix = own.substr(slash);
  return own.substr(0, slash) == key && path.starts_with(prefix) &&
         (prefix.empty() || path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

const char* to_string(UrlProblem problem) noexcept {
  switch (problem) {
    case UrlProblem::too_long:
      return "too_long";
    case UrlProblem::encoding:
      return "encoding";
    case UrlProblem::character:
      return "character";
    case UrlProblem::scheme:
      return "scheme";
    case UrlProblem::credentials:
      return "credentials";
    case UrlProblem::host:
      return "host";
    case UrlProblem::port:
      return "port";
    case UrlProblem::loop:
      return "loop";
    case UrlProblem::syntax:
      break;
  }
  return "syntax";
}

UrlCheck check_url(std::string_view long_url, std::span<const std::string> own_places) {
  if (long_url.size() > typed_bytes_max) return refuse(UrlProblem::too_long);
  if (!common::valid_utf8(long_url)) return refuse(UrlProblem::encoding);
  const auto ascii = to_ascii(long_url);
  if (!ascii) return refuse(UrlProblem::character);

  const UrlParts parts = split_url(*ascii);
  const bool https = common::iequals(parts.scheme, "https");
  if (!https && !common::iequals(parts.scheme, "http")) return refuse(UrlProblem::scheme);
  if (!is_path(parts.path) || !is_query(parts.query.value_or("")) || !is_query(parts.fragment.value_or(""))) {
    return refuse(UrlProblem::syntax);
  }

  const AuthorityParts typed = split_authority(parts.authority);
  if (typed.has_userinfo) return refuse(UrlProblem::credentials);
  const auto host = normalise_host(typed.host);
  if (!host) return refuse(UrlProblem::host);
  const auto port = normalise_port(typed.port, https ? 443 : 80);
  if (!port) return refuse(UrlProblem::port);
  const Authority authority{*host, *port};
  const std::string path = remove_dot_segments(normalise_escapes(parts.path));
  const auto leads_to = [key = loop_key(authority), &path](std::string_view own) { return is_below(own, key, path); };
  if (std::any_of(own_places.begin(), own_places.end(), leads_to)) return refuse(UrlProblem::loop);

  std::string url = (https ? "https://" : "http://") + authority.text() + path;
  if (parts.query) url += '?' + normalise_escapes(*parts.query);
  if (parts.fragment) url += '#' + normalise_escapes(*parts.fragment);
  if (url.size() > url_bytes_max) return refuse(UrlProblem::too_long);
  return url;
}

std::string normalise_authority(std::string_view authority) {
  const AuthorityParts parts = split_authority(authority);
  const auto host = normalise_host(parts.host);
  const auto port = normalise_port(parts.port, 80);
  if (parts.has_userinfo || !host || !port) return {};
  return loop_key({*host, *port == "443" ? "" : *port});
}

}  // namespace url_shortener
