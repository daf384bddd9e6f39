// What other programs print is read strictly: a number that means something else must not pass.

#include <string>

#include "bench/baselines/pgbench.h"
#include "bench/baselines/redis_benchmark.h"
#include "tests/support/catch.h"

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

const std::string pgbench_output = R"(pgbench (15.20 (Debian 15.20-0+deb12u1))
transaction type: script.sql
scaling factor: 1
query mode: prepared
number of clients: 4
number of threads: 1
maximum number of tries: 1
number of transactions per client: 10
number of transactions actually processed: 40/40
number of failed transactions: 0 (0.000%)
latency average = 0.812 ms
initial connection time = 6.127 ms
tps = 4926.108374 (without initial connection time)
)";

const std::string redis_output = R"("test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms"
"GET key","28985.51","0.031","0.016","0.023"
)";

}  // namespace

TEST_CASE("pgbench is believed when it did all transactions, and none failed") {
  const auto report = bench::parse_pgbench(pgbench_output);
  REQUIRE(report.transactions == 40);
  REQUIRE(report.per_second == testing::Approx(4926.108374));
  REQUIRE_NOTHROW(bench::parse_pgbench(replaced(pgbench_output, "number of failed transactions: 0 (0.000%)\n", "")));
  REQUIRE_THROWS(bench::parse_pgbench(replaced(pgbench_output, "40/40", "39/40")));
  REQUIRE_THROWS(bench::parse_pgbench(replaced(pgbench_output, "40/40", "40")));
  REQUIRE_THROWS(bench::parse_pgbench(replaced(pgbench_output, "failed transactions: 0", "failed transactions: 1")));
  REQUIRE_THROWS(bench::parse_pgbench(replaced(pgbench_output, "without initial", "including")));
  REQUIRE_THROWS(bench::parse_pgbench(replaced(pgbench_output, "tps = 4926", "tps = nan")));
  REQUIRE_THROWS(bench::parse_pgbench(""));
}

TEST_CASE("redis-benchmark is believed when it prints one row, of the test it was asked for") {
  REQUIRE(bench::parse_redis_benchmark(redis_output, "GET key") == testing::Approx(28985.51));
  REQUIRE_THROWS(bench::parse_redis_benchmark(redis_output, "GET other"));
  REQUIRE_THROWS(bench::parse_redis_benchmark(redis_output + redis_output, "GET key"));
  REQUIRE_THROWS(bench::parse_redis_benchmark(replaced(redis_output, "28985.51", "0"), "GET key"));
  REQUIRE_THROWS(bench::parse_redis_benchmark(replaced(redis_output, "28985.51", "many"), "GET key"));
  REQUIRE_THROWS(bench::parse_redis_benchmark("Error from server: ERR unknown command\n", "GET key"));
  REQUIRE_THROWS(bench::parse_redis_benchmark("", "GET key"));
}
