// An HTTP load generator: constant arrival rate (open loop) or one request always under way on each
// connection (closed loop). pacer.h says which to use when.
//
// Connections are opened once and kept; run() may be called many times and always drains: when it
// returns, no request is under way, so the server is idle and its CPU clock exact. Each thread has
// its own connections, histogram and share of the rate. Call it from one thread.

#pragma once

#include <memory>
#include <vector>

#include "bench/core/endpoint.h"
#include "bench/load/report.h"
#include "bench/load/request.h"
#include "common/clock.h"

namespace bench::load {

class Worker;

struct GeneratorOptions {
  Endpoint target;
  RequestOptions request;
  unsigned connections = 64;  // at least one a thread
  unsigned threads = 1;
  int expected_status = 0;                              // 0: any below 400
  std::vector<int> cpus;                                // thread i runs on cpus[i % size]; empty: anywhere
  common::Duration patience = std::chrono::seconds(5);  // for connecting, and for the last answers
};

class Generator {
 public:
  // Throws std::runtime_error when the target has no address.
  explicit Generator(GeneratorOptions options);
  ~Generator();

  // Throws std::runtime_error when the server cannot be reached.
  void connect();

  // Each sends for `duration`.
  LoadReport run_closed_loop(common::Duration duration);
  LoadReport run_open_loop(common::Duration duration, double requests_per_second);

 private:
  LoadReport run(common::Duration duration, double rate);

  GeneratorOptions options_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace bench::load
