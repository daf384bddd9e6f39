#include "common/http/request_head.h"

#include <algorithm>

#include "common/http/authority.h"
#include "common/text.h"

namespace common::http {
namespace {

constexpr std::size_t max_target = 8 * 1024;

using Refusal = std::optional<ParseFailure>;

Refusal ambiguous(std::string_view message) {
  return ParseFailure{400, "FRAMING_AMBIGUOUS", message};
}

Refusal check_framing(const Request& request, bool repeated) {
  if (repeated) return ambiguous("Host, Content-Length and Transfer-Encoding may appear once");
  const bool has_length = request.has(Header::content_length);
  if (request.has(Header::transfer_encoding) &&
      (request.version < 11 || has_length || !iequals(request.header(Header::transfer_encoding), "chunked"))) {
    return ambiguous("Transfer-Encoding must be exactly \"chunked\", in HTTP/1.1");
  }
  const auto length = request.header(Header::content_length);
  if (has_length &&
      (length.empty() || !std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; }))) {
    return ambiguous("Content-Length must be one decimal number");
  }
  return std::nullopt;
}

std::size_t scheme_size(std::string_view target) {
  if (iequals(target.substr(0, 7), "http://")) return 7;
  if (iequals(target.substr(0, 8), "https://")) return 8;
  return 0;
}

Refusal split_target(Request& request) {
  const auto invalid = [](std::string_view message) { return ParseFailure{400, "TARGET_INVALID", message}; };
  std::string_view target = request.target;
  if (target.size() > max_target) {
    return ParseFailure{414, "TARGET_TOO_LONG", "the request target is longer than 8 KiB"};
  }
  if (std::any_of(target.begin(), target.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return invalid("a request target is ASCII: percent-encode the rest");
  }
  request.authority = request.header(Header::host);
  if (target == "*" && request.method == Method::options) {
    request.path = target;
    return std::nullopt;
  }
  if (!target.starts_with('/')) {
    const std::size_t scheme = scheme_size(target);
    if (scheme == 0) {
      if (request.method == Method::other) return std::nullopt;  // CONNECT host:port: the router says 501
      return invalid("the request target must begin with '/' or be an absolute URL");
    }
    const std::size_t end = std::min(target.find_first_of("/?", scheme), target.size());
    request.absolute_form = true;
    request.authority = target.substr(scheme, end - scheme);
    target.remove_prefix(end);
    if (!valid_authority(request.authority)) return invalid("the request target's authority is not host[:port]");
  }
  if (target.find('#') != std::string_view::npos) return invalid("a request target has no fragment");
  const std::size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  if (request.path.empty()) request.path = "/";
  if (question < target.size()) request.query = target.substr(question + 1);
  return std::nullopt;
}

Refusal check_host(const Request& request) {
  if (!request.has(Header::host)) {
    if (request.version < 11) return std::nullopt;
    return ParseFailure{400, "HOST_MISSING", "HTTP/1.1 requires a Host header"};
  }
  if (!valid_authority(request.header(Header::host))) {
    return ParseFailure{400, "HOST_INVALID", "Host must be host[:port]"};
  }
  return std::nullopt;
}

}  // namespace

Refusal check_head(Request& request, bool repeated_framing) {
  if (auto refused = check_framing(request, repeated_framing)) return refused;
  if (auto refused = split_target(request)) return refused;
  return check_host(request);
}

}  // namespace common::http
