#include "bench/core/endpoint.h"

#include <arpa/inet.h>

#include <charconv>

namespace bench {

std::string Endpoint::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const auto slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  Url url;
  url.target = slash == std::string_view::npos ? "/" : std::string(text.substr(slash));
  for (const char c : url.target) {
    if (c <= ' ' || c == '#' || c == 0x7f) return std::nullopt;
  }

  const auto bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const bool v6 = bracket != std::string_view::npos;
  url.endpoint.host = v6 ? authority.substr(1, bracket - 1) : authority.substr(0, authority.find(':'));
  authority.remove_prefix(v6 ? bracket + 1 : url.endpoint.host.size());
  if (url.endpoint.host.empty()) return std::nullopt;
  if (authority.empty()) {
    url.endpoint.port = 80;
    return url;
  }
  if (authority.front() != ':') return std::nullopt;
  authority.remove_prefix(1);
  const auto [end, error] = std::from_chars(authority.data(), authority.data() + authority.size(), url.endpoint.port);
  if (error != std::errc{} || end != authority.data() + authority.size() || url.endpoint.port == 0) {
    return std::nullopt;
  }
  return url;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace bench
