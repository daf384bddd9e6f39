#include "bench/rate_limiter/redis_subject.h"

#include <stdexcept>

#include "bench/baselines/redis_server.h"
#include "common/random.h"
#include "rate_limiter/limiter_store_borrow_redis.h"

namespace bench::rate_limiter_bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace rate_limiter;

// Everything that lives as long as a runtime, which runs once.
struct Wiring {
  explicit Wiring(const std::string& url) : redis(runtime, options(url)) {}
  static common::redis::Client::Options options(const std::string& url) {
    common::redis::Client::Options options;
    options.connection.endpoint = common::redis::parse_endpoint(url).value();
    options.timeout = std::chrono::seconds(5);
    return options;
  }

  common::Runtime runtime{1};
  common::SystemClock clock;
  common::SecureRandom random;
  common::redis::Client redis;
  LimiterStoreRedis plain{redis};
  LimiterStoreBorrowRedis borrowing{plain, runtime, clock, random};
};

class RedisSubject final : public Subject {
 public:
  RedisSubject(std::string url, RuleLimit limit, bool borrows)
      : url_(std::move(url)),
        processes_(redis_processes(common::redis::parse_endpoint(url_).value())),
        limit_(std::move(limit)),
        borrows_(borrows) {}

  std::vector<pid_t> processes() const override { return processes_; }

  Sample measure(const Round& round) override {
    Wiring wiring(url_);
    counted_ = asked_ = 0;
    failed_ = false;
    const auto begin = Clock::now() + round.warm_up;
    wiring.runtime.run(supervise(wiring, begin, begin + round.duration));
    if (failed_ || counted_ == 0) throw std::runtime_error("Redis did not decide");
    Sample sample;
    sample.values["per_second"] = static_cast<double>(counted_) / std::chrono::duration<double>(round.duration).count();
    const double asked = borrows_ ? static_cast<double>(asked_) : static_cast<double>(counted_);
    sample.values["commands"] = 1'000 * asked / static_cast<double>(counted_);
    return sample;
  }

 private:
  common::Task<void> supervise(Wiring& wiring, Clock::time_point begin, Clock::time_point end) {
    const auto ready = co_await wiring.plain.prepare();
    failed_ = ready.has_error();
    running_ = askers;
    for (int i = 0; i < askers; ++i)
      common::spawn(wiring.runtime.executor(), "ask", ask(wiring, begin, end));
    co_await common::sleep_for(begin - Clock::now());
    const std::uint64_t before = wiring.borrowing.asked();
    co_await common::sleep_for(end - Clock::now());
    asked_ = wiring.borrowing.asked() - before;
    while (running_ > 0)
      co_await common::sleep_for(std::chrono::milliseconds(1));
    co_await wiring.runtime.shut_down(std::chrono::seconds(5));
  }

  common::Task<void> ask(Wiring& wiring, Clock::time_point begin, Clock::time_point end) {
    LimiterStore& store = borrows_ ? static_cast<LimiterStore&>(wiring.borrowing) : wiring.plain;
    const Check check{&limit_, "bench", 1};
    Decision decision;
    std::uint64_t made = 0;
    for (auto now = Clock::now(); now < end && !failed_; now = Clock::now()) {
      if (!store.check_now({&check, 1}, {&decision, 1})) {
        const auto outcome = co_await store.check({&check, 1}, {&decision, 1});
        if (outcome.has_error()) failed_ = true;
      } else if (++made % 256 == 0) {  // lets others have their turn
        co_await common::asio::post(wiring.runtime.executor(), common::use_task);
      }
      if (now >= begin) ++counted_;
    }
    --running_;
  }

  const std::string url_;
  const std::vector<pid_t> processes_;
  const RuleLimit limit_;
  const bool borrows_;
  std::uint64_t counted_ = 0;
  std::uint64_t asked_ = 0;
  int running_ = 0;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Subject> redis_subject(std::string url, RuleLimit limit, bool borrows) {
  return std::make_unique<RedisSubject>(std::move(url), std::move(limit), borrows);
}

RuleLimit wide_limit() {
  return {"bench", std::get<Limit>(make_limit(Algorithm::token_bucket, 100'000'000, ticks_per_second))};
}

}  // namespace bench::rate_limiter_bench
