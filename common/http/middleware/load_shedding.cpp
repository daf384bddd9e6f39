#include "common/http/middleware/load_shedding.h"

namespace common::http {

Verdict LoadShedding::before(Request& request, const Route& route) {
  if (route.options.critical) return std::monostate{};
  request.admission = shedder_.admit();
  if (request.admission) return std::monostate{};
  return error(503, "OVERLOADED", "too many requests at once; try again shortly")
      .header("Retry-After", std::to_string(Shedder::retry_after.count()));
}

}  // namespace common::http
