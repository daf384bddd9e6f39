#include "common/http/application.h"

#include <algorithm>

#include "common/text.h"

namespace common::http {

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

// Asked before the handler runs: the route is found here too, which costs only requests that have a body.
std::size_t Application::max_body(const Request& request) {
  Request probe;
  probe.method = request.method;
  probe.path = request.path;
  return router_.match(probe).options.max_body.value_or(max_body_);
}

bool Application::foreign(const Request& request) const {
  return request.absolute_form && std::none_of(authorities_.begin(), authorities_.end(),
                                               [&](const std::string& own) { return iequals(own, request.authority); });
}

}  // namespace common::http
