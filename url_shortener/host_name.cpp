#include "url_shortener/host_name.h"

#include <idn2.h>

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <memory>

#include "common/text.h"

namespace url_shortener {
namespace {

constexpr std::size_t name_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

bool is_host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// The labels of `name`, a trailing dot aside, as seen by `each`, until one is refused.
template <class Each>
bool every_label(std::string_view name, Each each) {
  if (name.ends_with('.')) name.remove_suffix(1);
  for (;;) {
    const auto dot = name.find('.');
    if (!each(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_well_formed(std::string_view name) {
  return name.size() <= name_bytes_max + name.ends_with('.') &&
         std::all_of(name.begin(), name.end(), is_host_character) &&
         every_label(name, [](std::string_view label) { return !label.empty() && label.size() <= label_bytes_max; });
}

bool has_punycode(std::string_view name) {
  return !every_label(name, [](std::string_view label) { return !label.starts_with("xn--"); });
}

// Whether a browser would read the name as an IPv4 address, or try to: its last label is a number.
bool ends_in_number(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  const auto last = name.substr(name.rfind('.') + 1);
  const bool hex = last.starts_with("0x");
  return last.find_first_not_of(hex ? "0123456789abcdef" : "0123456789", hex ? 2 : 0) == std::string_view::npos;
}

// Four decimal numbers without leading zeros.
bool is_ipv4(const std::string& name) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v4(name, error);
  return !error;
}

// "[2001:DB8::0:1]" → "[2001:db8::1]". No zone identifiers (RFC 6874): they mean nothing to anybody else.
std::optional<std::string> normalise_ip_literal(std::string_view literal) {
  const auto inside = literal.substr(1, literal.size() - std::min<std::size_t>(2, literal.size()));
  if (!literal.ends_with(']')) return std::nullopt;
  if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v6(std::string(inside), error);
  if (error) return std::nullopt;
  return '[' + address.to_string() + ']';
}

std::optional<std::string> to_punycode(const std::string& name) {
  std::uint8_t* output = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(name.c_str()), &output,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, void (*)(void*)> owner(output, idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(output));
}

}  // namespace

std::optional<std::string> normalise_host(std::string_view host) {
  if (host.starts_with('[')) return normalise_ip_literal(host);
  auto decoded = common::percent_decode(host);
  if (!decoded || decoded->empty() || !common::valid_utf8(*decoded)) return std::nullopt;
  std::string name = std::move(*decoded);
  std::transform(name.begin(), name.end(), name.begin(), common::ascii_lower);
  // libidn2 takes a C string, and nothing but letters has a place in a host: ASCII is checked beforehand.
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return static_cast<signed char>(c) < 0 || is_host_character(c); });
  if (!plain) return std::nullopt;

  if (!is_ascii(name) || has_punycode(name)) {
    auto punycode = to_punycode(name);
    if (!punycode) return std::nullopt;
    name = std::move(*punycode);
  }
  if (!is_well_formed(name)) return std::nullopt;
  if (ends_in_number(name) && !is_ipv4(name)) return std::nullopt;
  return name;
}

}  // namespace url_shortener
