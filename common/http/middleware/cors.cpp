#include "common/http/middleware/cors.h"

namespace common::http {

Verdict Cors::before(Request& request, const Route&) {
  const bool preflight = request.method == Method::options && request.has(Header::origin) &&
                         request.has(Header::access_control_request_method);
  if (!preflight) return std::monostate{};
  Response response(204);
  if (request.header(Header::origin) == origin_) {
    response.raw_headers(
        "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"
        "Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, If-Match, "
        "X-Request-ID, traceparent\r\n"
        "Access-Control-Max-Age: 600\r\n");
  }
  return response;
}

void Cors::after(Request& request, Response& response) {
  response.raw_headers("Vary: Origin\r\n");
  if (request.header(Header::origin) != origin_) return;
  response.header("Access-Control-Allow-Origin", origin_);
  response.raw_headers("Access-Control-Expose-Headers: ETag, Location, Retry-After, X-Request-ID\r\n");
}

}  // namespace common::http
