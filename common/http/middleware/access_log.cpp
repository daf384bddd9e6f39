#include "common/http/middleware/access_log.h"

#include "common/log.h"

namespace common::http {

void AccessLog::after(Request& request, Response& response) {
  if (mode_ == AccessLogMode::off) return;
  const bool wrong = response.status >= 500 || response.status == 408;
  if (mode_ == AccessLogMode::errors && !wrong) return;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  log::write(wrong ? log::Level::warn : log::Level::info, "request",
             {{"method", request.method_name},
              {"path", request.path},
              {"route", request.route},
              {"status", response.status},
              {"code", response.error_code},
              {"ms", Milliseconds(request.elapsed).count()},
              {"bytes", response.body.size()},
              {"peer", request.peer_address},
              {"request_id", request.id}});
}

}  // namespace common::http
