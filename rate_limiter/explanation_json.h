// An explanation as JSON: state, arithmetic, the next admission, and what other algorithms would say.

#pragma once

#include <vector>

#include "common/json.h"
#include "rate_limiter/explain.h"
#include "rate_limiter/limiter.h"

namespace rate_limiter {

// Of the i-th check of `asking`. `arrivals`: what the trace has; empty without one.
common::json::object to_json(Asking& asking, std::size_t i, const Snapshot& snapshot,
                             const std::vector<Arrival>& arrivals);

}  // namespace rate_limiter
