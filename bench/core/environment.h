// Where things are: programs, services, and a place for temporary files.
//
// A need is written "program:nginx" or "service:redis". A program is looked for in the environment
// variable of its name in capitals (NGINX=/path/to/nginx, REDIS_BENCHMARK=…), then beside this program,
// then in PATH. A service is wanted only with --services, and its address comes from REDIS_URL,
// POSTGRES_URL or KAFKA_BROKERS, as `./run services env` prints them.
//
// The scratch space is in the build folder, not in /tmp, which is memory on many systems: a
// database there would sync to nothing. It is removed at the end.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class Environment {
 public:
  struct Options {
    std::filesystem::path programs;      // where this program and the servers are
    std::filesystem::path scratch_root;  // made when needed
    bool services = false;
    bool quick = false;
    std::vector<int> cpus;
  };

  explicit Environment(Options options);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  bool quick() const { return options_.quick; }
  const std::vector<int>& cpus() const { return options_.cpus; }

  // Why `need` cannot be had, or nullopt if it can.
  std::optional<std::string> lacking(std::string_view need) const;

  // Its path; empty when it is not here.
  std::filesystem::path program(const std::string& name) const;

  // Its address; empty when there is none.
  std::string service(const std::string& name) const;

  // A new empty directory whose name starts with `name`.
  std::filesystem::path scratch(const std::string& name);

 private:
  Options options_;
  std::filesystem::path scratch_;
  int scratch_count_ = 0;
};

// The folder that this program was started from.
std::filesystem::path program_folder();

}  // namespace bench
