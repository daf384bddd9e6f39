// The Redis that a comparison asks.

#pragma once

#include <sys/types.h>

#include <vector>

#include "common/redis/endpoint.h"

namespace bench {

// Its process, for Subject::processes(); empty when it runs elsewhere. Throws std::runtime_error when it does not
// answer.
std::vector<pid_t> redis_processes(const common::redis::Endpoint& endpoint);

}  // namespace bench
