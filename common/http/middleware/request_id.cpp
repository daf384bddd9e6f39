#include "common/http/middleware/request_id.h"

#include <algorithm>

#include "common/random.h"
#include "common/text.h"

namespace common::http {
namespace {

bool sane(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

void name(Request& request) {
  const auto sent = request.header(Header::x_request_id);
  if (sane(sent)) {
    request.id = sent;
  } else {
    const auto digits = hex_digits(thread_random().next());
    request.id.assign(digits.data(), digits.size());
  }
}

}  // namespace

Verdict RequestId::before(Request& request, const Route&) {
  name(request);
  return std::monostate{};
}

void RequestId::after(Request& request, Response& response) {
  if (request.id.empty()) name(request);  // refused by the engine, before any `before` ran
  response.raw_headers("X-Request-ID: ").raw_headers(request.id).raw_headers("\r\n");
}

}  // namespace common::http
