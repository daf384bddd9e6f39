#include "common/redis/endpoint.h"

#include <charconv>
#include <optional>

#include "common/text.h"

namespace common::redis {
namespace {

constexpr std::string_view scheme = "redis://";

Error invalid(std::string sentence) {
  return {Failure::invalid, std::move(sentence) + "; it looks like redis://HOST:6379/0"};
}

std::optional<unsigned> number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

// USER:PASSWORD or :PASSWORD.
Result<void> read_credentials(std::string_view text, Endpoint& endpoint) {
  const auto colon = text.find(':');
  const auto user = percent_decode(text.substr(0, colon));
  const auto password = percent_decode(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!user || !password) return invalid("the user or password of the Redis URL is not percent-encoded");
  if (password->empty()) return invalid("the Redis URL names a user without a password");
  endpoint.user = *user;
  endpoint.password = *password;
  return {};
}

// HOST, HOST:PORT, [IPV6] or [IPV6]:PORT.
Result<void> read_address(std::string_view text, Endpoint& endpoint) {
  std::string_view host = text;
  std::string_view port = endpoint.port;
  const auto bracket = text.find(']');
  const bool v6 = text.starts_with('[') && bracket != std::string_view::npos;
  const auto colon = text.find(':', v6 ? bracket : 0);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (v6) {
    if (host.size() != bracket + 1) return invalid("the Redis URL's host is malformed");
    host = host.substr(1, bracket - 1);
  }
  if (host.empty() || !is_printable(host)) return invalid("the Redis URL has no host");
  const auto parsed = number(port, 65'535);
  if (!parsed || *parsed == 0) return invalid("the Redis URL's port is not a number from 1 to 65535");
  endpoint.host = host;
  endpoint.port = std::to_string(*parsed);
  return {};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (url.starts_with("rediss://")) return invalid("Redis over TLS (rediss://) is not built");
  if (!url.starts_with(scheme)) return invalid("not a Redis URL");
  url.remove_prefix(scheme.size());
  Endpoint endpoint;
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    const auto text = url.substr(slash + 1);
    const auto database = number(text.empty() ? "0" : text, 1'000'000);
    if (!database) return invalid("the Redis URL's database is not a number");
    endpoint.database = *database;
    url = url.substr(0, slash);
  }
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    if (auto read = read_credentials(url.substr(0, at), endpoint); read.has_error()) return read.error();
    url.remove_prefix(at + 1);
  }
  if (auto read = read_address(url, endpoint); read.has_error()) return read.error();
  return endpoint;
}

}  // namespace common::redis
