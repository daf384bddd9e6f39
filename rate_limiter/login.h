// POST /login: the endpoint that the interview question protects.
//
// The limit itself stands in front of it as a middleware (limit_requests.h): five a minute for each client address,
// right or wrong, since only a right password tells them apart and finding that out is the cost to be protected.
// A right password is answered with a short-lived token; a wrong one and an unknown name with the same 401.

#pragma once

#include "common/clock.h"
#include "common/http/router.h"
#include "common/jwt.h"
#include "rate_limiter/limit_requests.h"
#include "rate_limiter/passwords.h"

namespace rate_limiter {

class Login {
 public:
  static constexpr std::chrono::seconds token_lifetime{300};

  // `key` signs. All must outlive this.
  Login(Passwords& passwords, common::JwtKey key, const common::Clock& clock)
      : passwords_(passwords), key_(std::move(key)), clock_(clock) {}

  // What LimitRequests is to limit: attempts, by address.
  static std::vector<LimitedRoute> limited() { return {{"/login", std::string(login_rule), LimitBy::address}}; }
  void add_routes(common::http::Router& router);

 private:
  common::Task<common::http::Response> log_in(common::http::Request& request);

  Passwords& passwords_;
  const common::JwtKey key_;
  const common::Clock& clock_;
};

// The key in the file at `path`; without a path one that nobody else has, made now. Throws std::runtime_error when it
// cannot be read.
common::JwtKey signing_key(const std::string& path);

}  // namespace rate_limiter
