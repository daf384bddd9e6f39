// Limits requests before they reach a handler: a middleware for any server.
//
//   app.use(std::make_unique<LimitRequests>(limiter, ClientAddresses(trusted),
//                                           {{"/login", "login", LimitBy::address},
//                                            {"", "api", LimitBy::user}}));
//
// Each line says for which route (its template; empty: all) which rule counts what: the client's address
// (client_by_address.h; the key is "address:192.0.2.1"), the user that the token names ("user:alice"; the address where
// there is none), or the route itself, for all clients together ("POST /login"). A request that several lines concern
// is decided by all of them at once, all or nothing. Refused, it gets 429; otherwise its answer carries the RateLimit
// headers, unless that is a redirect: a client would wait before it follows
// (draft-ietf-httpapi-ratelimit-headers-10, section 6.3).
//
// Comes behind what finds out who is asking. Thread-safe.

#pragma once

#include <string>
#include <vector>

#include "common/http/application.h"
#include "rate_limiter/client_by_address.h"
#include "rate_limiter/limiter.h"

namespace rate_limiter {

enum class LimitBy : std::uint8_t { address, user, route };

struct LimitedRoute {
  std::string route;  // "/v1/links/{code}"; empty: all
  std::string rule;
  LimitBy by = LimitBy::address;
};

class LimitRequests final : public common::http::Middleware {
 public:
  // A line whose rule is not in force limits nothing. `limiter` must outlive this.
  LimitRequests(Limiter& limiter, ClientAddresses addresses, std::vector<LimitedRoute> lines)
      : limiter_(limiter), addresses_(std::move(addresses)), lines_(std::move(lines)) {}

  common::http::Verdict before(common::http::Request& request, const common::http::Route& route) override;
  void after(common::http::Request& request, common::http::Response& response) override;

 private:
  std::string key_of(const common::http::Request& request, LimitBy by) const;
  common::Task<std::optional<common::http::Response>> decide_later(common::http::Request& request, Asking asking);

  Limiter& limiter_;
  ClientAddresses addresses_;
  std::vector<LimitedRoute> lines_;
};

}  // namespace rate_limiter
