// Hosts in their one spelling: what stands between "://" and the port, from whatever a person typed.
//
//   name     lower case, international ones as punycode (UTS #46, non-transitional, by libidn2); labels of 1 to
//            63 of [a-z0-9_-], at most 253 bytes. A trailing dot stays: it is another name to DNS.
//   address  "127.0.0.1", "[::1]". Browsers also read 127.1, 0x7f.0.0.1 and 2130706433 as addresses
//            (WHATWG URL, "ends in a number"); such names are refused, or they would slip past any check.
//
// The mapping can turn one character into several, "℀" into "a/c" (CVE-2019-9636), so its result is checked
// like anybody's input. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace url_shortener {

// `host`: as it stands in a URL, percent-encoded or not; an IP literal in its brackets. nullopt if it is no host.
std::optional<std::string> normalise_host(std::string_view host);

}  // namespace url_shortener
