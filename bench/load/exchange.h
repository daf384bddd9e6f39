// One request, one answer, waited for: to prepare a server before it is measured.

#pragma once

#include <string>

#include "bench/core/endpoint.h"
#include "bench/load/request.h"
#include "common/clock.h"

namespace bench::load {

struct Exchange {
  int status = 0;
  std::string head;  // as received, with the empty line
  std::string body;
};

// Throws std::runtime_error when no whole, well-formed answer comes within `timeout`.
Exchange exchange(const Endpoint& endpoint, const RequestOptions& request,
                  common::Duration timeout = std::chrono::seconds(5));

}  // namespace bench::load
