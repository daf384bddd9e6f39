// The headers that tell a browser not to guess: nosniff everywhere, HSTS over TLS. Pages bring their own
// Content-Security-Policy (pages.h).

#pragma once

#include "common/http/application.h"

namespace common::http {

class SecurityHeaders final : public Middleware {
 public:
  void after(Request& request, Response& response) override {
    response.raw_headers("X-Content-Type-Options: nosniff\r\n");
    if (request.secure) response.raw_headers("Strict-Transport-Security: max-age=31536000\r\n");
  }
};

}  // namespace common::http
