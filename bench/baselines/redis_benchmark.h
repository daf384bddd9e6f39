// redis-benchmark, Redis' own load generator: a loop in C that writes the same bytes again and again and counts what
// comes back.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/core/endpoint.h"

namespace bench {

// Commands a second, of what `--csv` prints about one test named `name`. Throws std::runtime_error for anything else.
double parse_redis_benchmark(std::string_view output, std::string_view name);

struct RedisBenchmark {
  std::filesystem::path program;
  std::filesystem::path log;
  Endpoint endpoint;
  std::vector<std::string> command;  // its words: {"GET", "key"}
  unsigned pipeline = 1;             // commands under way at once, on one connection

  // Sends `command` `times` times; how many a second. Throws std::runtime_error when one was answered with an error.
  double run(std::uint64_t times) const;
};

}  // namespace bench
