// What a server does with a request: an ordered list of middleware around a router.
//
//   Application app(max_body);
//   app.use(std::make_unique<RequestId>());          // the order here is the order of execution
//   app.use(std::make_unique<AccessLog>(…));
//   app.router().get("/healthz", …);
//
// For each request the route is found first, then every middleware's `before` runs in order, then the handler.
// Whoever answers, every middleware's `after` then runs, in the same order, also for answers that the engine gave
// itself, such as 400 for a malformed head: no answer to a request leaves unlogged or uncounted.
//
// Built before the server starts, read-only after: `before` and `after` run on all threads at once.

#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/http/router.h"

namespace common::http {

// What a middleware says: go on, here is the answer, or ask me later.
using Verdict = std::variant<std::monostate, Response, Task<std::optional<Response>>>;

class Middleware {
 public:
  virtual ~Middleware() = default;
  virtual Verdict before(Request&, const Route&) { return std::monostate{}; }
  virtual void after(Request&, Response&) {}
};

class Application final : public Service {
 public:
  // `max_body` in bytes, for routes that do not say their own.
  explicit Application(std::size_t max_body) : max_body_(max_body) {}

  void use(std::unique_ptr<Middleware> middleware) { middleware_.push_back(std::move(middleware)); }
  Router& router() noexcept { return router_; }
  const Router& router() const noexcept { return router_; }
  // Adds "host[:port]" that is this server: an absolute-form target that names another one gets 421.
  void add_authority(std::string_view authority);
  const std::vector<std::string>& authorities() const noexcept { return authorities_; }

  Reply start(Request& request) override;
  void finish(Request& request, Response& response) override;
  std::size_t max_body(Request& request) override;
  bool streams_body(Request& request) override;

 private:
  Reply run(Request& request, const Route& route, std::size_t from);
  Task<Response> run_after(Request& request, const Route& route, Task<std::optional<Response>> verdict,
                           std::size_t next);
  bool foreign(const Request& request) const;

  std::size_t max_body_;
  std::vector<std::unique_ptr<Middleware>> middleware_;
  Router router_;
  std::vector<std::string> authorities_;
};

}  // namespace common::http
