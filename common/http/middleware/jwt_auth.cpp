#include "common/http/middleware/jwt_auth.h"

#include "common/log.h"
#include "common/text.h"

namespace common::http {
namespace {

constexpr std::string_view scheme = "Bearer ";

Response unauthorized(std::string_view challenge, std::string_view message) {
  return error(401, "UNAUTHORIZED", message).header("WWW-Authenticate", challenge);
}

}  // namespace

Verdict JwtAuth::before(Request& request, const Route& route) {
  const auto header = request.header(Header::authorization);
  const bool bearer = header.size() > scheme.size() && iequals(header.substr(0, scheme.size()), scheme);
  if (!bearer) {
    if (route.options.is_public) return std::monostate{};
    return unauthorized("Bearer", "send a token: Authorization: Bearer …");
  }
  const auto claims = key_.verify(header.substr(scheme.size()), clock_.now());
  if (claims.has_value()) {
    request.subject = claims->subject;
    return std::monostate{};
  }
  if (route.options.is_public) return std::monostate{};
  log::info("token refused", {{"request_id", request.id}, {"reason", claims.error().message}});
  return unauthorized("Bearer error=\"invalid_token\"", "the token was refused");
}

}  // namespace common::http
