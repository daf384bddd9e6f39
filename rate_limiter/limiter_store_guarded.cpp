#include "rate_limiter/limiter_store_guarded.h"

#include "common/log.h"

namespace rate_limiter {

using common::Result;
using common::Task;

namespace {

common::Error is_away() {
  return {common::Failure::unavailable, "the store is not asked, since it has failed"};
}

// Then the store has written.
bool took_something(std::span<const Check> checks, std::span<const Decision> decisions) {
  bool took = false;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!decisions[i].allowed && checks[i].binding) return false;
    took = took || (decisions[i].allowed && checks[i].cost > 0);
  }
  return took;
}

}  // namespace

LimiterStoreGuarded::LimiterStoreGuarded(LimiterStore& store, LimiterStore& local, Options options,
                                         const common::Clock& clock)
    : store_(store), local_(local), options_(options), clock_(clock), breaker_(options.breaker) {}

void LimiterStoreGuarded::start(common::Runtime& runtime, common::Metrics& metrics, Probe probe) {
  metrics.counter_of("rate_limiter_store_failures_total", "calls that the store did not answer in time, or refused",
                     [this] { return static_cast<double>(failures()); });
  metrics.counter_of("rate_limiter_decided_without_store_total", "decisions by --on-store-failure",
                     [this] { return static_cast<double>(without_store_.load(std::memory_order_relaxed)); });
  metrics.gauge_of("rate_limiter_store_up", "1 while the store is asked, 0 while the circuit breaker is open",
                   [this] { return is_up() ? 1.0 : 0.0; });
  common::spawn(runtime.executor(), "store probe", probe_often(std::move(probe)));
}

Task<void> LimiterStoreGuarded::probe_often(Probe probe) {
  constexpr std::chrono::milliseconds between{50};
  bool was_up = true;
  (void)co_await probe();  // prepares a store that is there; one that is not will be noticed
  for (;;) {
    co_await common::sleep_for(between);
    if (was_up && !is_up()) common::log::warn("the store is not asked any more", {{"failures", failures()}});
    was_up = is_up();
    if (!breaker_.probe_due(clock_.monotonic())) continue;
    const auto answer = co_await probe();
    if (answer.has_value()) {
      breaker_.probe_succeeded();
      common::log::info("the store is asked again");
    } else {
      breaker_.probe_failed(clock_.monotonic());
    }
  }
}

std::optional<std::string> LimiterStoreGuarded::trouble() const {
  if (is_up() || options_.policy != FailurePolicy::deny) return std::nullopt;
  return "does not answer, and without it everything is refused";
}

// Logs at most once a second.
void LimiterStoreGuarded::failed(const common::Error& error) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  breaker_.failed(clock_.monotonic());
  const auto now = clock_.monotonic().time_since_epoch().count();
  auto silent_until = silent_until_.load(std::memory_order_relaxed);
  const auto next = now + common::Duration(std::chrono::seconds{1}).count();
  if (now < silent_until || !silent_until_.compare_exchange_strong(silent_until, next)) return;
  common::log::warn("the store has not decided", {{"kind", to_string(error.kind)}, {"reason", error.message}});
}

void LimiterStoreGuarded::decide_without_store(std::span<const Check> checks, std::span<Decision> decisions) {
  without_store_.fetch_add(checks.size(), std::memory_order_relaxed);
  if (options_.policy == FailurePolicy::local) {
    local_.check_now(checks, decisions);
    return;
  }
  const bool allowed = options_.policy == FailurePolicy::allow;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    Decision& decision = decisions[i];
    decision = {};
    decision.allowed = allowed;
    decision.reason = Reason::store_unavailable;
    decision.remaining = allowed ? checks[i].limit->limit.burst : 0;
    if (!allowed) decision.retry_after = decision.next_after = decision.reset_after = options_.deny_for;
  }
}

bool LimiterStoreGuarded::check_now(std::span<const Check> checks, std::span<Decision> decisions) {
  if (breaker_.allow()) return store_.check_now(checks, decisions);
  decide_without_store(checks, decisions);
  return true;
}

Task<Result<void>> LimiterStoreGuarded::check(std::span<const Check> checks, std::span<Decision> decisions) {
  if (breaker_.allow()) {
    const auto outcome = co_await store_.check(checks, decisions);
    if (outcome.has_value()) {
      if (took_something(checks, decisions)) breaker_.succeeded();
      co_return outcome;
    }
    failed(outcome.error());
  }
  decide_without_store(checks, decisions);
  co_return Result<void>{};
}

Task<Result<Snapshot>> LimiterStoreGuarded::look(const Check& check) {
  Result<Snapshot> snapshot = is_away();
  if (breaker_.allow()) {
    snapshot = co_await store_.look(check);
    if (snapshot.has_error()) failed(snapshot.error());
  }
  if (snapshot.has_error() && options_.policy == FailurePolicy::local) co_return co_await local_.look(check);
  co_return snapshot;
}

Task<Result<void>> LimiterStoreGuarded::forget(const Check& check) {
  const auto here = co_await local_.forget(check);
  if (here.has_error()) co_return here;
  if (!breaker_.allow()) co_return is_away();
  const auto there = co_await store_.forget(check);
  if (there.has_error()) failed(there.error());
  co_return there;
}

}  // namespace rate_limiter
