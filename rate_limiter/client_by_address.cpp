#include "rate_limiter/client_by_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace rate_limiter {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

// Without brackets and port.
std::string_view host_of(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return {};
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && (rest[0] != ':' || !parse_number(rest.substr(1), 65'535))) return {};
    return text.substr(1, close - 1);
  }
  const auto colon = text.find(':');
  const bool one = colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
  return one && parse_number(text.substr(colon + 1), 65'535) ? text.substr(0, colon) : text;
}

IpAddress masked(IpAddress address, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit)
    address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> (bit % 8)));
  return address;
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  const bool v4 = address.is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? 12 : 0), text, sizeof text);
  return text;
}

}  // namespace

bool IpAddress::is_v4() const noexcept {
  return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes.begin());
}

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string host(host_of(trimmed(text)));
  IpAddress address;
  if (::inet_pton(AF_INET6, host.c_str(), address.bytes.data()) == 1) return address;
  std::copy(v4_prefix.begin(), v4_prefix.end(), address.bytes.begin());
  if (::inet_pton(AF_INET, host.c_str(), address.bytes.data() + 12) == 1) return address;
  return std::nullopt;
}

bool AddressBlock::holds(const IpAddress& address) const noexcept {
  return masked(address, bits) == first;
}

common::Result<AddressBlock> parse_block(std::string_view text) {
  const common::Error invalid{common::Failure::invalid,
                              "'" + std::string(text) + "' is not an address or a block such as 10.0.0.0/8"};
  const auto slash = std::min(text.find('/'), text.size());
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return invalid;
  const bool v4 = address->is_v4() && text.find(':') == std::string_view::npos;
  AddressBlock block;
  if (slash != text.size()) {
    const auto bits = parse_number(text.substr(slash + 1), v4 ? 32 : 128);
    if (!bits) return invalid;
    block.bits = *bits + (v4 ? 96 : 0);
  }
  block.first = masked(*address, block.bits);
  return block;
}

bool ClientAddresses::trusts(const IpAddress& address) const noexcept {
  return std::any_of(trusted_.begin(), trusted_.end(), [&](const auto& block) { return block.holds(address); });
}

std::string ClientAddresses::name_of(const IpAddress& address) const {
  if (address.is_v4()) return to_text(address);
  return to_text(masked(address, v6_prefix_)) + "/" + std::to_string(v6_prefix_);
}

std::string ClientAddresses::client(std::string_view peer, const std::vector<std::string_view>& forwarded) const {
  auto client = parse_address(peer);
  if (!client) return std::string(peer);
  for (auto field = forwarded.rbegin(); field != forwarded.rend(); ++field) {
    for (std::string_view rest = *field;;) {
      if (!trusts(*client)) return name_of(*client);
      const auto comma = rest.rfind(',');
      const bool last = comma == std::string_view::npos;
      const auto before = parse_address(last ? rest : rest.substr(comma + 1));
      if (!before) return name_of(*client);
      client = before;
      if (last) break;
      rest = rest.substr(0, comma);
    }
  }
  return name_of(*client);
}

}  // namespace rate_limiter
