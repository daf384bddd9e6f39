#include "common/http/client_address.h"

#include <algorithm>
#include <string>

#include "common/text.h"

namespace common::http {
namespace {

bool valid_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
  return std::stoul(std::string(port)) <= 65535;
}

}  // namespace

std::optional<ClientAddress> client_address(std::string_view url) {
  ClientAddress address;
  if (!is_printable(url) || url.find('#') != std::string_view::npos) return std::nullopt;
  if (url.starts_with("https://")) {
    address.secure = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const auto end = std::min(url.find_first_of("/?"), url.size());
  address.authority = url.substr(0, end);
  address.target = url.substr(end);
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  if (address.authority.empty() || address.authority.find('@') != std::string::npos) return std::nullopt;
  const auto colon = address.authority.rfind(':');
  const auto bracket = address.authority.rfind(']');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  address.host = address.authority.substr(0, has_port ? colon : std::string::npos);
  address.port = has_port ? address.authority.substr(colon + 1) : (address.secure ? "443" : "80");
  if (address.host.size() > 2 && address.host.front() == '[') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty() || !valid_port(address.port)) return std::nullopt;
  return address;
}

}  // namespace common::http
