// Where a client's URL leads: the part it connects to, and the part it asks for.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace common::http {

struct ClientAddress {
  bool secure = false;
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // for the Host header
  std::string target;
  std::string key() const { return (secure ? "s" : "p") + host + ":" + port; }
};

// Reads http://… and https://… URLs; none for other schemes, for credentials, a fragment, or any byte that is not
// printable ASCII: what follows a line's end would be read as another request.
std::optional<ClientAddress> client_address(std::string_view url);

}  // namespace common::http
