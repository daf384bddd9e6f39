// Above --max-inflight a request is refused at once with 503 and Retry-After, so that those let in are still answered
// in time. Critical routes (health, metrics, redirects) are neither counted nor refused: what bounds them is that
// each connection has one request at a time, and connections are bounded.

#pragma once

#include "common/http/application.h"
#include "common/resilience/shedder.h"

namespace common::http {

class LoadShedding final : public Middleware {
 public:
  explicit LoadShedding(std::size_t max_inflight) : shedder_(max_inflight) {}
  Verdict before(Request& request, const Route& route) override;
  const Shedder& shedder() const noexcept { return shedder_; }

 private:
  Shedder shedder_;
};

}  // namespace common::http
