// What it costs to propose a code, by each generator, with ids, keys and machine numbers from memory: the price of not
// being guessable.

#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "bench/core/cpu_time.h"
#include "bench/url_shortener_bench.h"
#include "common/random.h"
#include "url_shortener/id_source_memory.h"
#include "url_shortener/key_pool_memory.h"
#include "url_shortener/machine_ids_memory.h"
#include "url_shortener/make_code_generator.h"

namespace bench::url_shortener_bench {
namespace {

using Clock = std::chrono::steady_clock;

// A loop that does nothing but make snowflakes makes more than there are in a millisecond. A fast clock lets it, so
// that their cost is measured and not their limit.
class FastClock final : public common::Clock {
 public:
  common::TimePoint now() const noexcept override { return start_ + (real_.now() - start_) * 1000; }
  common::Instant monotonic() const noexcept override { return real_.monotonic(); }

 private:
  common::SystemClock real_;
  const common::TimePoint start_ = real_.now();
};

class Codes final : public Subject {
 public:
  explicit Codes(std::string_view name)
      : generator_(url_shortener::make_code_generator(name, 0, {ids_, machine_ids_, key_pool_, random_, clock_})) {}

  Sample measure(const Round& round) override {
    generate(round.warm_up);
    const CpuTime before = cpu_time(getpid());
    const double made = generate(round.duration);
    const CpuTime used = cpu_time(getpid()) - before;
    Sample sample;
    sample.values["cpu_ns"] = static_cast<double>(used.total.count()) / made;
    return sample;
  }

 private:
  double generate(std::chrono::nanoseconds duration) {
    std::uint64_t made = 0;
    common::spawn(context_.get_executor(), "codes", generate_until(Clock::now() + duration, made));
    context_.restart();
    context_.run();
    if (made == 0) throw std::runtime_error("no code was generated");
    return static_cast<double>(made);
  }

  common::Task<void> generate_until(Clock::time_point deadline, std::uint64_t& made) {
    while (Clock::now() < deadline) {
      for (int i = 0; i < 1000; ++i) {
        const auto code = co_await generator_->next("https://example.com/", 0);
        if (code.has_error()) throw std::runtime_error(code.error().message);
        ++made;
      }
    }
  }

  boost::asio::io_context context_{1};
  url_shortener::IdSourceMemory ids_;
  url_shortener::MachineIdsMemory machine_ids_;
  url_shortener::KeyPoolMemory key_pool_;
  common::SecureRandom random_;
  FastClock clock_;
  std::unique_ptr<url_shortener::CodeGenerator> generator_;
};

}  // namespace

Comparison codes() {
  Comparison comparison;
  comparison.id = "url_shortener/codes";
  comparison.question = "What does it cost to propose a code?";
  comparison.metrics = {{.id = "cpu_ns", .heading = "CPU ns", .unit = "ns of CPU per code", .decimals = 0}};
  for (const auto& choice : url_shortener::code_generator_choices()) {
    const std::string name(choice.name);
    comparison.rows.push_back({.id = name, .note = std::string(choice.description), .prepare = [name](Environment&) {
                                 return std::make_unique<Codes>(name);
                               }});
  }
  comparison.method = {
      "one thread; ids, keys and machine numbers from memory; random numbers from the kernel's generator, as the "
      "server uses it",
      "key_pool: making the keys is part of it",
      "snowflake: on a clock 1,000 times as fast, since it has but 256 codes a millisecond"};
  comparison.subject = comparison.rows.front().id;
  comparison.round = {.warm_up = std::chrono::milliseconds(10), .duration = std::chrono::milliseconds(100)};
  comparison.budget = std::chrono::seconds(5);
  return comparison;
}

}  // namespace bench::url_shortener_bench
