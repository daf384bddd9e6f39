#include "bench/load/server_subject.h"

#include <stdexcept>
#include <thread>

namespace bench::load {
namespace {

double microseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

void add_cpu(Sample& sample, const CpuTime& used, double requests) {
  sample.values["cpu_us"] += microseconds(used.total) / requests;
  sample.values["user_us"] += microseconds(used.user()) / requests;
  sample.values["system_us"] += microseconds(used.total - used.user()) / requests;
}

}  // namespace

ServerSubject::ServerSubject(RunningServer server, GeneratorOptions options)
    : server_(std::move(server)), options_(std::move(options)) {
  options_.target = server_.endpoint;
}

CpuTime ServerSubject::cpu() {
  // The kernel brings a thread's counter up to date when it goes to sleep: let it.
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const CpuTime used = cpu_time(process_tree(server_.process->pid()));
  if (!server_.process->running()) throw std::runtime_error("the server ended by itself");
  return used;
}

double ServerSubject::memory_mib() const {
  std::uint64_t bytes = 0;
  for (const pid_t pid : process_tree(server_.process->pid()))
    bytes += memory_of(pid).anonymous_bytes;
  return static_cast<double>(bytes) / (1024 * 1024);
}

Sample ServerSubject::measure(const Round& round) {
  if (!generator_) {
    generator_ = std::make_unique<Generator>(options_);
    generator_->connect();
  }
  load(*generator_, round.warm_up);
  const CpuTime before = cpu();
  LoadReport report = load(*generator_, round.duration);
  // On a crowded machine a smoke run's twentieth of a second may be over before the server had the processor.
  for (int again = 0; again < 20 && report.answered + report.failed + report.unanswered == 0; ++again)
    report = load(*generator_, round.duration);
  cpu_after_ = cpu();
  if (!report.all_expected()) throw std::runtime_error("wrong answers: " + report.complaint());
  requests_ = static_cast<double>(report.answered);

  Sample sample;
  add_cpu(sample, cpu_after_ - before, requests_);
  sample.values["memory_mib"] = memory_mib();
  add(sample, report);
  return sample;
}

void ServerSubject::settle(Sample& sample) {
  add_cpu(sample, cpu() - cpu_after_, requests_);
}

LoadReport ServerCost::load(Generator& generator, std::chrono::nanoseconds duration) {
  return rate_ ? generator.run_open_loop(duration, *rate_) : generator.run_closed_loop(duration);
}

void ServerCost::add(Sample& sample, const LoadReport& report) {
  sample.values["per_second"] = report.per_second();
  sample.values["answer_bytes"] = static_cast<double>(report.bytes_received) / static_cast<double>(report.answered);
}

LoadReport ServerLatency::load(Generator& generator, std::chrono::nanoseconds duration) {
  return generator.run_open_loop(duration, rate_);
}

void ServerLatency::add(Sample& sample, const LoadReport& report) {
  const auto us = [&](double percent) { return static_cast<double>(report.latency.percentile(percent)) / 1e3; };
  sample.values["p50_us"] = us(50);
  sample.values["p99_us"] = us(99);
  sample.values["p999_us"] = us(99.9);
  sample.values["max_us"] = us(100);
}

}  // namespace bench::load
