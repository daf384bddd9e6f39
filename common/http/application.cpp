#include "common/http/application.h"

#include <algorithm>

#include "common/text.h"

namespace common::http {
namespace {

// A port that the scheme implies may be left out.
std::string_view without_default_port(std::string_view authority) {
  for (const std::string_view port : {":80", ":443"}) {
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
  }
  return authority;
}

}  // namespace

Reply Application::start(Request& request) {
  const Route& route = router_.match(request);
  if (foreign(request)) return error(421, "AUTHORITY_FOREIGN", "this server does not answer for that host");
  return run(request, route, 0);
}

Reply Application::run(Request& request, const Route& route, std::size_t from) {
  for (std::size_t i = from; i < middleware_.size(); ++i) {
    Verdict verdict = middleware_[i]->before(request, route);
    if (auto* answer = std::get_if<Response>(&verdict)) return std::move(*answer);
    if (auto* later = std::get_if<Task<std::optional<Response>>>(&verdict)) {
      return run_after(request, route, std::move(*later), i + 1);
    }
  }
  return route.handler(request);
}

Task<Response> Application::run_after(Request& request, const Route& route, Task<std::optional<Response>> verdict,
                                      std::size_t next) {
  if (auto answer = co_await std::move(verdict)) co_return std::move(*answer);
  Reply reply = run(request, route, next);
  if (reply.ready()) co_return std::move(reply.response());
  co_return co_await reply.take_task();
}

void Application::finish(Request& request, Response& response) {
  request.elapsed = std::chrono::steady_clock::now() - request.started;
  for (const auto& middleware : middleware_)
    middleware->after(request, response);
}

std::size_t Application::max_body(Request& request) {
  return router_.match(request).options.max_body.value_or(max_body_);
}

bool Application::streams_body(Request& request) {
  return router_.match(request).options.streams_body;
}

void Application::add_authority(std::string_view authority) {
  authorities_.emplace_back(without_default_port(authority));
}

bool Application::foreign(const Request& request) const {
  if (!request.absolute_form) return false;
  const auto named = without_default_port(request.authority);
  return std::none_of(authorities_.begin(), authorities_.end(),
                      [&](const std::string& own) { return iequals(own, named); });
}

}  // namespace common::http
