// /healthz and /readyz: is the process alive, and should it get traffic?
//
// Alive is always 200: a process that cannot answer does not answer. Ready is 503 while draining, and while any
// check fails, naming it. Checks run on each call, on the caller's thread, and must not block: they look at state
// that something else keeps up to date.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/http/router.h"

namespace common::http {

class Health {
 public:
  // Why it is not ready, or nullopt.
  using Check = std::function<std::optional<std::string>()>;

  void add(std::string dependency, Check check) { checks_.emplace_back(std::move(dependency), std::move(check)); }
  void add_routes(Router& router);

 private:
  Response ready() const;
  std::vector<std::pair<std::string, Check>> checks_;
};

}  // namespace common::http
