// The services that these comparisons use, as processes of this machine: what they burn is not foreign load.

#pragma once

#include <sys/types.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

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

// For Subject::processes(); empty when it runs elsewhere. Blocks.
inline std::vector<pid_t> redis_process(const common::redis::Endpoint& endpoint) {
  common::BackgroundRuntime background(1);
  common::redis::Client client(background.runtime(), client_options(endpoint));
  std::vector<pid_t> found;
  const auto ask = [&]() -> common::Task<> {
    const auto info = co_await client.command("INFO", "server");
    if (info.has_error()) throw std::runtime_error("Redis does not answer: " + info.error().message);
    constexpr std::string_view name = "process_id:";
    const auto at = info->text.find(name);
    if (at != std::string::npos) {
      found = url_shortener_bench::local_process(std::atoi(info->text.c_str() + at + name.size()), "redis-server");
    }
  };
  background.run(ask());
  background.stop();
  return found;
}

inline std::vector<pid_t> together(std::vector<pid_t> some, const std::vector<pid_t>& others) {
  some.insert(some.end(), others.begin(), others.end());
  return some;
}

}  // namespace bench::cache_aside_bench
