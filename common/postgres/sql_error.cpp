#include "common/postgres/sql_error.h"

namespace common::postgres {

Failure failure_of(std::string_view code) noexcept {
  if (code == "08P01") return Failure::internal;
  if (code == "40003") return Failure::unknown_outcome;
  if (code == "57014") return Failure::timed_out;
  if (code == "55P03" || code == "25006" || code.starts_with("57P")) return Failure::unavailable;
  const std::string_view of_class = code.substr(0, 2);
  if (of_class == "08" || of_class == "40" || of_class == "53") return Failure::unavailable;
  if (of_class == "22" || of_class == "23") return Failure::invalid;
  return Failure::internal;
}

}  // namespace common::postgres
