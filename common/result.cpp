#include "common/result.h"

namespace common {

const char* to_string(Failure failure) noexcept {
  switch (failure) {
    case Failure::unavailable:
      return "unavailable";
    case Failure::timed_out:
      return "timed_out";
    case Failure::unknown_outcome:
      return "unknown_outcome";
    case Failure::overloaded:
      return "overloaded";
    case Failure::closed:
      return "closed";
    case Failure::invalid:
      return "invalid";
    case Failure::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace common
