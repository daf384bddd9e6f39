#include "bench/baselines/redis_benchmark.h"

#include <fmt/ranges.h>

#include <charconv>
#include <stdexcept>

#include "bench/core/child_process.h"

namespace bench {

double parse_redis_benchmark(std::string_view output, std::string_view name) {
  const auto refuse = [&]() -> double {
    throw std::runtime_error("redis-benchmark printed something else:\n" + std::string(output));
  };
  const std::string row_begin = "\"" + std::string(name) + "\",\"";
  const auto head_end = output.find('\n');
  if (!output.starts_with("\"test\",\"rps\",") || head_end == std::string_view::npos) return refuse();
  std::string_view row = output.substr(head_end + 1);
  if (!row.starts_with(row_begin) || row.find('\n') + 1 != row.size()) return refuse();
  row.remove_prefix(row_begin.size());
  double per_second = 0;
  const auto [end, error] = std::from_chars(row.data(), row.data() + row.size(), per_second);
  if (error != std::errc{} || *end != '"' || !(per_second > 0)) return refuse();
  return per_second;
}

double RedisBenchmark::run(std::uint64_t times) const {
  ChildProcess::Options process{.program = program, .log = log};
  process.arguments = {
      "-h", endpoint.host,         "-p",   std::to_string(endpoint.port), "-c", "1", "-P", std::to_string(pipeline),
      "-n", std::to_string(times), "--csv"};
  process.arguments.insert(process.arguments.end(), command.begin(), command.end());
  return parse_redis_benchmark(ChildProcess(std::move(process)).await_output(),
                               fmt::format("{}", fmt::join(command, " ")));
}

}  // namespace bench
