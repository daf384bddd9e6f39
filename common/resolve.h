// Host names to addresses, within a deadline.

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"

namespace common {

// All addresses of `host` (a name, or an address itself) with `port`, a number, in the system's order. Errors:
// `timed_out` past the deadline, `unavailable` when there is no such host. Nothing stops a getaddrinfo that runs: past
// the deadline it goes on alone, touching nothing of the caller's.
Task<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(Executor executor, std::string host, std::string port,
                                                           Instant deadline);

}  // namespace common
