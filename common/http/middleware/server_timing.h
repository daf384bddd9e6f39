// Server-Timing (W3C): where the time of this request went, in the answer, where a browser's tools show it.
//
//   Server-Timing: total;dur=0.412, store;dur=0.380

#pragma once

#include "common/http/application.h"

namespace common::http {

class ServerTimings final : public Middleware {
 public:
  void after(Request& request, Response& response) override;
};

}  // namespace common::http
