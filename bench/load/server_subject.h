// A server process as the subject of a comparison: loaded by the generator, its cost read from the
// operating system.
//
// ServerCost     CPU time of the server per request: at saturation (closed loop), where 1e6 / it is what one core
//                can serve, or at a constant rate, where all rows wake up equally often.
// ServerLatency  open loop at a constant rate: how long requests took from when they were due.
//
// Both read the CPU clock when no request is under way, and add what the server used until its next
// turn (settle): what it put off is not forgotten. Both throw when any answer was missing or not
// the expected one.

#pragma once

#include <memory>
#include <optional>

#include "bench/core/child_process.h"
#include "bench/core/comparison.h"
#include "bench/core/cpu_time.h"
#include "bench/load/generator.h"

namespace bench::load {

struct RunningServer {
  std::unique_ptr<ChildProcess> process;
  Endpoint endpoint;
};

class ServerSubject : public Subject {
 public:
  // `options.target` is filled in.
  ServerSubject(RunningServer server, GeneratorOptions options);

  Sample measure(const Round& round) final;
  void settle(Sample& sample) final;
  std::vector<pid_t> processes() const final { return {server_.process->pid()}; }

 protected:
  // One stretch of load.
  virtual LoadReport load(Generator& generator, std::chrono::nanoseconds duration) = 0;
  // Further values of the sample.
  virtual void add(Sample& sample, const LoadReport& report) = 0;

 private:
  CpuTime cpu();
  double memory_mib() const;

  RunningServer server_;
  GeneratorOptions options_;
  std::unique_ptr<Generator> generator_;
  CpuTime cpu_after_;
  double requests_ = 0;
};

// cpu_us, user_us, system_us, per_second, answer_bytes, memory_mib (anonymous, after the load).
class ServerCost final : public ServerSubject {
 public:
  // Without a rate: closed loop.
  ServerCost(RunningServer server, GeneratorOptions options, std::optional<double> requests_per_second = {})
      : ServerSubject(std::move(server), std::move(options)), rate_(requests_per_second) {}

 private:
  LoadReport load(Generator& generator, std::chrono::nanoseconds duration) override;
  void add(Sample& sample, const LoadReport& report) override;

  std::optional<double> rate_;
};

// p50_us, p99_us, p999_us, max_us, and cpu_us as above.
class ServerLatency final : public ServerSubject {
 public:
  ServerLatency(RunningServer server, GeneratorOptions options, double requests_per_second)
      : ServerSubject(std::move(server), std::move(options)), rate_(requests_per_second) {}

 private:
  LoadReport load(Generator& generator, std::chrono::nanoseconds duration) override;
  void add(Sample& sample, const LoadReport& report) override;

  double rate_;
};

}  // namespace bench::load
