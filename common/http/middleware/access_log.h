// One log line a request: off, errors only (status 500 and above, and slow clients' 408), or all. The reason of a
// failure inside (http::failed) is logged in every mode: the answer names only the request's id.
//
// Query strings are not logged (they hold tokens), and the path is the client's own bytes: escaped by the log.

#pragma once

#include "common/config/server_options.h"
#include "common/http/application.h"

namespace common::http {

class AccessLog final : public Middleware {
 public:
  explicit AccessLog(AccessLogMode mode) : mode_(mode) {}
  void after(Request& request, Response& response) override;

 private:
  AccessLogMode mode_;
};

}  // namespace common::http
