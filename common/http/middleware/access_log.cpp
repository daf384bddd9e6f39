#include "common/http/middleware/access_log.h"

#include "common/log.h"

namespace common::http {

void AccessLog::after(Request& request, Response& response) {
  const bool wrong = response.status >= 500 || response.status == 408;
  const bool wanted = mode_ == AccessLogMode::all || (mode_ == AccessLogMode::errors && wrong);
  if (!wanted && !response.reason) return;  // a failure's reason is for the log in every mode
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
              {"reason", response.reason ? std::string_view(*response.reason) : std::string_view{}},
              {"request_id", request.id}});
}

}  // namespace common::http
