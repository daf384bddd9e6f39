// --auth jwt: who is asking, from the bearer token (RFC 6750). Routes marked public are answered without one.
//
// 401 with WWW-Authenticate when there is no token, or one that the key does not vouch for; why, only the log knows.

#pragma once

#include "common/http/application.h"
#include "common/jwt.h"

namespace common::http {

class JwtAuth final : public Middleware {
 public:
  JwtAuth(JwtKey key, const Clock& clock) : key_(std::move(key)), clock_(clock) {}
  Verdict before(Request& request, const Route& route) override;

 private:
  JwtKey key_;
  const Clock& clock_;
};

}  // namespace common::http
