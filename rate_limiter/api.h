// The limiter's HTTP interface: parse, ask, answer. POST /login is in login.h.
//
// A check is answered without a coroutine when its store decides at once (memory, a lease, a policy).

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/http/router.h"
#include "rate_limiter/limiter.h"

namespace rate_limiter {

class Api {
 public:
  struct Options {
    bool guarded = false;                  // changing rules needs a token whose subject is one of
    std::vector<std::string> admins;       // these
    std::int64_t log_max = log_limit_max;  // of a rule's limit with sliding_window_log
  };

  // `limiter` must outlive this.
  Api(Limiter& limiter, Options options) : limiter_(limiter), options_(std::move(options)) {}

  // Adds all routes; this must outlive the router's use.
  void add_routes(common::http::Router& router);

 private:
  using Reply = common::http::Reply;
  using Request = common::http::Request;
  using Response = common::http::Response;
  using Task = common::Task<Response>;

  // What a request asks for, or why not.
  struct Parsed {
    Asking asking;
    bool several = false;  // "checks"
  };
  std::variant<Parsed, Response> parse(const Request& request);

  Reply check(Request& request);
  Task check_later(Parsed parsed);
  Task explain(Request& request);
  Response list(const Request& request);
  Response read(const Request& request);
  Response put(const Request& request);
  Response remove(const Request& request);
  Task forget(Request& request);
  Response refused_most(const Request& request);
  std::optional<Response> forbidden(const Request& request) const;

  Limiter& limiter_;
  const Options options_;
};

}  // namespace rate_limiter
