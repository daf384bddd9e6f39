// The services that these comparisons use, as processes of this machine: what they burn is not foreign load.

#pragma once

#include <sys/types.h>

#include <vector>

#include "bench/baselines/redis_server.h"
#include "bench/url_shortener/open_store.h"
#include "common/redis/client.h"
#include "common/redis/endpoint.h"

namespace bench::cache_aside_bench {

using url_shortener_bench::ScratchPostgres;

inline common::redis::Endpoint redis_of(const Environment& environment) {
  return common::redis::parse_endpoint(environment.service("redis")).value();
}

inline common::redis::Client::Options client_options(const common::redis::Endpoint& endpoint) {
  common::redis::Client::Options options;
  options.connection.endpoint = endpoint;
  options.timeout = std::chrono::seconds{5};  // a machine that is busy is slow, which is not an error here
  return options;
}

inline std::vector<pid_t> together(std::vector<pid_t> some, const std::vector<pid_t>& others) {
  some.insert(some.end(), others.begin(), others.end());
  return some;
}

}  // namespace bench::cache_aside_bench
