// Where a server listens.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

struct Endpoint {
  std::string host;  // a numeric address, or a name; IPv6 without brackets
  std::uint16_t port = 0;

  // As it stands in a URL and a Host header: "127.0.0.1:8081", "[::1]:8081".
  std::string authority() const;
};

struct Url {
  Endpoint endpoint;
  std::string target;  // path and query; at least "/"
};

// "http://HOST[:PORT][/PATH]" (port 80 by default); nullopt for anything else, https included.
std::optional<Url> parse_url(std::string_view text);

// 127.0.0.0/8, ::1 or localhost.
bool is_loopback(std::string_view host);

}  // namespace bench
