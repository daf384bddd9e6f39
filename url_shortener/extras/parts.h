// What the endpoints here are made of: all of it is Api's.

#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/http/idempotency.h"
#include "rate_limiter/local_limit_memory.h"
#include "url_shortener/code_generator.h"
#include "url_shortener/link_finder.h"
#include "url_shortener/link_store.h"
#include "url_shortener/scanner_brake.h"

namespace url_shortener {

struct ExtraParts {
  LinkStore& links;
  CodeGenerator& codes;
  LinkFinder& finder;
  ScannerBrake& brake;
  const common::Clock& clock;
  const std::string& base_url;
  const std::vector<std::string>& own_places;
  rate_limiter::LocalLimit& create_limit;
  common::http::InFlightKeys& in_flight;
};

}  // namespace url_shortener
