#include "common/http/authority.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace common::http {
namespace {

// reg-name of RFC 3986 section 3.2.2: unreserved, sub-delims, and '%' of a percent-encoded byte.
constexpr auto in_host = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "-._~!$&'()*+,;=%")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

}  // namespace

bool valid_authority(std::string_view authority) noexcept {
  if (authority.empty() || authority.size() > 262) return false;
  std::string_view host = authority;
  if (host.front() == '[') {
    const auto close = host.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    const bool literal = std::all_of(host.begin() + 1, host.begin() + static_cast<long>(close), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    });
    if (!literal) return false;
    host.remove_prefix(close + 1);
    if (host.empty()) return true;
    if (host.front() != ':') return false;
  }
  const auto colon = host.find(':');
  if (colon != std::string_view::npos) {
    const auto port = host.substr(colon + 1);
    if (port.size() > 5 || !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return false;
    }
    host = host.substr(0, colon);
    if (host.empty() && authority.front() != '[') return false;
  }
  for (auto percent = host.find('%'); percent != std::string_view::npos; percent = host.find('%', percent + 1)) {
    if (!percent_decode(host.substr(percent, 3))) return false;
  }
  return std::all_of(host.begin(), host.end(), [](char c) { return in_host[static_cast<unsigned char>(c)]; });
}

}  // namespace common::http
