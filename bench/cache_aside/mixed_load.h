// Readers and writers of users, over plain blocking connections: what a strategy costs, and how often it answers what
// had been overwritten.
//
// Closed loop, one request under way on each connection; keys by Zipf. A read is stale when it answers a version below
// one that had been acknowledged before the read began.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bench/cache_aside/workload.h"
#include "bench/core/endpoint.h"

namespace bench::cache_aside_bench {

class MixedLoad {
 public:
  struct Options {
    std::size_t users = 500;
    std::size_t connections = 16;
    int write_every = 50;  // one request in so many changes a user
    double theta = 0.99;
  };
  struct Seen {
    std::uint64_t requests = 0;
    std::uint64_t stale = 0;
    std::vector<double> read_ms;  // sorted
  };

  // Creates the users. Throws std::runtime_error when a server does not do what it is asked.
  MixedLoad(std::vector<Endpoint> servers, Options options);
  Seen run(std::chrono::nanoseconds duration);

 private:
  void on_each_connection(const std::function<void(std::size_t client)>& act) const;
  void create_users(std::size_t client);
  void work(std::size_t client, std::chrono::steady_clock::time_point end, Seen& seen);

  const std::vector<Endpoint> servers_;
  const Options options_;
  const ExactZipf zipf_;
  std::vector<std::uint64_t> ids_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> acknowledged_;
};

}  // namespace bench::cache_aside_bench
