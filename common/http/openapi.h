// /openapi.json, written by the router itself: what it answers is what is documented, and nothing else can be.
//
// OpenAPI 3.1. The paths, methods, parameters, summaries and statuses come from the routes' own options; a system
// adds its schemas. "Error" and "Health" are there for all.

#pragma once

#include <string>
#include <string_view>

#include "common/http/router.h"

namespace common::http {

// Adds GET /openapi.json, not public: with --auth jwt it needs a token. Call after all other routes. `schemas` is a
// JSON object of named schemas; throws std::invalid_argument when it is none, or when a route names a schema that does
// not exist.
void add_openapi(Router& router, std::string_view title, std::string_view version, std::string_view schemas);

}  // namespace common::http
