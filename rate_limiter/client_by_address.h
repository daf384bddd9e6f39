// Whose request it is, by address: what a limit counts when nobody has logged in.
//
//   1. X-Forwarded-For is believed only when the connection comes from a trusted proxy, and then only as far as trusted
//      proxies wrote it: the client is the rightmost address that is none of them. Whatever a client puts into the
//      header itself stands further left, and is never read.
//   2. An IPv6 client is its prefix: one customer has at least 2^64 addresses to choose from, and often 2^72. An IPv4
//      address in IPv6 clothes (::ffff:192.0.2.1) is the IPv4 address.
//   3. Ports and brackets are no part of an address. What is no address ends the reading: the last proxy that was
//      believed is the client.
//
// Immutable: any thread may use it. Source: RFC 7239 section 7.4, RFC 6177 (prefixes that customers get).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace rate_limiter {

// An IP address as 16 bytes; IPv4 mapped into IPv6.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const noexcept;
  bool operator==(const IpAddress&) const = default;
};

// "192.0.2.1", "2001:db8::1"; with a port ("192.0.2.1:80", "[2001:db8::1]:80") or brackets too.
std::optional<IpAddress> parse_address(std::string_view text);

struct AddressBlock {
  IpAddress first;
  unsigned bits = 128;  // of 128; of an IPv4 block 96 more than were written
  bool holds(const IpAddress& address) const noexcept;
};
// "10.0.0.0/8", "2001:db8::/32", or one address. Failure::invalid with a sentence.
common::Result<AddressBlock> parse_block(std::string_view text);

class ClientAddresses {
 public:
  static constexpr unsigned v6_prefix_default = 56;

  // `v6_prefix`: bits of an IPv6 address that make a client, 1 to 128.
  explicit ClientAddresses(std::vector<AddressBlock> trusted = {}, unsigned v6_prefix = v6_prefix_default)
      : trusted_(std::move(trusted)), v6_prefix_(v6_prefix) {}

  // The client's key: "192.0.2.1", "2001:db8:1:ff00::/56". `peer`: the connection's; `forwarded`: all X-Forwarded-For
  // fields, in the order they came.
  std::string client(std::string_view peer, const std::vector<std::string_view>& forwarded) const;

 private:
  bool trusts(const IpAddress& address) const noexcept;
  std::string name_of(const IpAddress& address) const;

  std::vector<AddressBlock> trusted_;
  unsigned v6_prefix_;
};

}  // namespace rate_limiter
