#include "common/http/request.h"

#include "common/text.h"

namespace common::http {
namespace {

// A query's name or value: percent-encoding, and '+' for a space (WHATWG URL, urlencoded parsing).
std::optional<std::string> decode_query(std::string_view encoded) {
  std::string spaced(encoded);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return percent_decode(spaced);
}

}  // namespace

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      return "other";
  }
  return "other";
}

std::string_view Request::header(std::string_view name) const noexcept {
  for (const auto& field : fields_) {
    if (iequals(field.name, name)) return field.value;
  }
  return {};
}

std::optional<std::string> Request::query_parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto equals = pair.find('=');
    const auto key = decode_query(pair.substr(0, equals));
    if (!key || *key != name) continue;
    if (equals == std::string_view::npos) return std::string{};
    return decode_query(pair.substr(equals + 1));
  }
  return std::nullopt;
}

bool well_formed_query(std::string_view query) {
  const auto decoded = percent_decode(query);
  return decoded && valid_utf8(*decoded);
}

void Request::reset() {
  matched_ = nullptr;
  method = Method::other;
  method_name = target = path = query = authority = {};
  absolute_form = false;
  version = 11;
  body.clear();
  if (body.capacity() > 64 * 1024) body.shrink_to_fit();
  peer_address = {};
  secure = false;
  started = {};
  elapsed = {};
  id.clear();
  trace.reset();
  parent_span.reset();
  subject.clear();
  timings.clear();
  rate_limit_headers.clear();
  route = "unmatched";
  route_index = 0;
  params.fill({});
  numbers.fill(0);
  allow.clear();
  admission = {};
  head_.clear();
  fields_.clear();
  known_.fill(-1);
}

}  // namespace common::http
