#include "bench/load/generator.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/core/cores.h"
#include "bench/load/worker.h"

namespace bench::load {

Generator::Generator(GeneratorOptions options) : options_(std::move(options)) {
  options_.threads = std::max(options_.threads, 1u);
  options_.connections = std::max(options_.connections, options_.threads);
  const Address address = Address::of(options_.target);
  for (unsigned i = 0; i < options_.threads; ++i) {
    const unsigned share =
        options_.connections / options_.threads + (i < options_.connections % options_.threads ? 1 : 0);
    workers_.push_back(std::make_unique<Worker>(Worker::Options{.address = address,
                                                                .request = Request(options_.request, options_.target),
                                                                .connections = share,
                                                                .expected_status = options_.expected_status,
                                                                .first_number = i,
                                                                .number_step = options_.threads}));
  }
}

Generator::~Generator() = default;

void Generator::connect() {
  for (auto& worker : workers_)
    worker->connect(options_.patience);
}

LoadReport Generator::run_closed_loop(common::Duration duration) {
  return run(duration, 0);
}

LoadReport Generator::run_open_loop(common::Duration duration, double requests_per_second) {
  return run(duration, requests_per_second);
}

LoadReport Generator::run(common::Duration duration, double rate) {
  const common::Instant start = std::chrono::steady_clock::now();
  const double threads = options_.threads;
  std::vector<LoadReport> reports(workers_.size());
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const double phase = static_cast<double>(i) / threads;
    const Pacer pacer =
        rate > 0 ? Pacer::open_loop(start, duration, rate / threads, phase) : Pacer::closed_loop(start, duration);
    running.emplace_back([this, i, pacer, &reports] {
      if (!options_.cpus.empty()) bind_this_thread({options_.cpus[i % options_.cpus.size()]});
      reports[i] = workers_[i]->run(pacer, options_.patience);
    });
  }
  for (auto& thread : running)
    thread.join();
  LoadReport total = std::move(reports.front());
  for (std::size_t i = 1; i < reports.size(); ++i)
    total.merge(reports[i]);
  return total;
}

}  // namespace bench::load
