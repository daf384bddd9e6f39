// X-Request-ID: one name for a request in every log that it passes through.
//
// A client's own id is kept if it is sane (1 to 128 of [A-Za-z0-9._-]), otherwise 16 hex digits are made. The answer
// carries it, so that whoever reports a problem can name it.

#pragma once

#include "common/http/application.h"

namespace common::http {

class RequestId final : public Middleware {
 public:
  Verdict before(Request& request, const Route& route) override;
  void after(Request& request, Response& response) override;
};

}  // namespace common::http
