// A store behind a circuit breaker, and what is decided when it does not answer.
//
//   local   by the local store, with the same rules: each process then has a budget of its own
//   allow   everybody passes, and nobody counts
//   deny    nobody passes
//
// local and allow choose availability, deny chooses consistency (CAP): with a partition between a process and Redis
// the first two go on admitting, by more than the limit in sum, and the last one stops.
//
//   1. A check waits for the store at most once, as long as the store's own timeout says; then the policy decides.
//   2. After `failures_max` failures in a row nobody waits any more: checks are decided at once, without a coroutine,
//      until a probe in the background finds the store back. No request is a probe. Every error is a failure: a Redis
//      that answers but refuses to write (it cannot save, or is a replica) decides no more than a dead one. It still
//      answers what takes no writing, so only a check that took something ends the row.
//   3. What may be admitted beyond a rule while the store is away, for each key: with local, in each process what the
//      rule admits to a new key; and with each policy as much when the store comes back having lost its memory. A
//      failure of unknown outcome may have been counted there besides: that errs on the side of refusing.
//
// Thread-safe.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/resilience/breaker.h"
#include "common/runtime/runtime.h"
#include "rate_limiter/limiter_store.h"

namespace rate_limiter {

enum class FailurePolicy : std::uint8_t { local, allow, deny };

class LimiterStoreGuarded final : public LimiterStore {
 public:
  struct Options {
    FailurePolicy policy = FailurePolicy::local;
    common::Breaker::Policy breaker{};
    Ticks deny_for = ticks_per_second;  // what a refusal by `deny` says about coming back
  };

  // All must outlive this. `local` answers at once.
  LimiterStoreGuarded(LimiterStore& store, LimiterStore& local, Options options, const common::Clock& clock);

  bool check_now(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<void>> check(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<Snapshot>> look(const Check& check) override;
  common::Task<common::Result<void>> forget(const Check& check) override;

  // Asks the store by `probe` whether it is back, while it is taken for dead; until the runtime shuts down.
  using Probe = std::function<common::Task<common::Result<void>>()>;
  void start(common::Runtime& runtime, common::Metrics& metrics, Probe probe);

  bool is_up() const noexcept { return breaker_.allow(); }
  std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }
  // For /readyz: with `deny` nothing can be admitted without the store.
  std::optional<std::string> trouble() const;

 private:
  void decide_without_store(std::span<const Check> checks, std::span<Decision> decisions);
  void failed(const common::Error& error);
  common::Task<void> probe_often(Probe probe);

  LimiterStore& store_;
  LimiterStore& local_;
  const Options options_;
  const common::Clock& clock_;
  common::Breaker breaker_;
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> without_store_{0};
  std::atomic<common::Duration::rep> silent_until_{0};  // on the monotonic clock
};

}  // namespace rate_limiter
