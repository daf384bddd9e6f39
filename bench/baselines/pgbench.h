// pgbench, PostgreSQL's own load generator: what any client gets from the server with a statement a round trip.
//
// Each run is judged strictly: all transactions were processed and none failed, or it throws std::runtime_error.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct PgbenchReport {
  std::uint64_t transactions = 0;
  double per_second = 0;  // without the time to connect
};

// What pgbench 14 and later print at the end of a run of `-t`. Throws std::runtime_error for anything else.
PgbenchReport parse_pgbench(std::string_view output);

class Pgbench {
 public:
  struct Options {
    std::filesystem::path program;
    std::filesystem::path folder;  // for the script and the log
    std::string url;
    std::string script;  // one transaction, in pgbench's language
    unsigned clients = 1;
  };
  explicit Pgbench(Options options);

  // So many transactions by each client, in one thread, as prepared statements. `definitions`: "name=value" each.
  PgbenchReport run(std::uint64_t transactions_each, const std::vector<std::string>& definitions = {});

 private:
  const Options options_;
};

}  // namespace bench
