// An operation behind a circuit breaker: refused while the breaker is open, reported to it otherwise.

#pragma once

#include <type_traits>

#include "common/clock.h"
#include "common/resilience/breaker.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace common {

// Whether such a failure says that the dependency is ill, rather than that this one request was wrong.
constexpr bool is_ill_health(Failure failure) noexcept {
  return failure != Failure::invalid && failure != Failure::internal;
}

// Runs operation() if the breaker allows, else returns Failure::unavailable at once: nothing was done. An exception
// counts as a failure and passes through. `breaker` and `clock` must outlive the task.
template <class Operation>
std::invoke_result_t<Operation&> through_breaker(Operation operation, Breaker& breaker, const Clock& clock) {
  if (!breaker.allow()) co_return Error{Failure::unavailable, "the circuit breaker is open"};
  try {
    auto outcome = co_await operation();
    if (outcome.has_error() && is_ill_health(outcome.error().kind)) {
      breaker.failed(clock.monotonic());
    } else {
      breaker.succeeded();
    }
    co_return outcome;
  } catch (...) {
    breaker.failed(clock.monotonic());
    throw;
  }
}

}  // namespace common
