#include "rate_limiter/limiter_store_borrow_redis.h"

#include <algorithm>

namespace rate_limiter {

using common::Instant;
using common::Result;
using common::Task;

namespace {

std::chrono::microseconds lifetime(const Limit& limit) {
  return std::chrono::microseconds{std::min(limit.period / 10, ticks_per_second)};
}

Ticks ticks_until(Instant then, Instant now) {
  return std::max<Ticks>(0, std::chrono::ceil<std::chrono::microseconds>(then - now).count());
}

// Redis' answer of `age` ago, as of now.
Decision aged(Decision decision, Ticks age) {
  for (Ticks* const time : {&decision.retry_after, &decision.next_after, &decision.reset_after}) {
    if (*time != Decision::never) *time = std::max<Ticks>(0, *time - age);
  }
  return decision;
}

}  // namespace

LimiterStoreBorrowRedis::LimiterStoreBorrowRedis(LimiterStoreRedis& redis, const common::Runtime& runtime,
                                                 const common::Clock& clock, common::Random& random)
    : redis_(redis), clock_(clock), secret_{random.next(), random.next()}, lanes_(runtime.threads()) {}

std::shared_ptr<LimiterStoreBorrowRedis::Lease> LimiterStoreBorrowRedis::lease_of(const Check& check) {
  Leases& leases = lanes_[common::current_thread_index()];
  const KeyHash hash = key_hash(secret_, check.limit->id, check.key);
  if (const auto found = leases.find(hash); found != leases.end()) return found->second;
  if (leases.size() >= leases_max) {
    const Instant now = clock_.monotonic();
    std::erase_if(leases, [&](const auto& each) {
      const Lease& lease = *each.second;
      return !lease.asking && lease.ends <= now && lease.refused_until <= now;
    });
    if (leases.size() >= leases_max) leases.clear();
  }
  return leases.emplace(hash, std::make_shared<Lease>()).first->second;
}

std::int64_t LimiterStoreBorrowRedis::most_held(const Limit& limit) const noexcept {
  return limit.burst / (share * static_cast<std::int64_t>(lanes_.size()));
}

bool LimiterStoreBorrowRedis::decide(Lease& lease, const Check& check, Decision& decision, Instant now) {
  const Limit& limit = check.limit->limit;
  if (lease.left >= check.cost && now < lease.ends) {
    lease.left -= check.cost;
    decision = aged(lease.granted, ticks_until(now, lease.granted_at));
    decision.remaining += lease.left;
  } else if (check.cost == lease.refused_cost && now < lease.refused_until) {
    decision = aged(lease.refused, ticks_until(now, lease.refused_at));
    if (check.cost <= limit.burst) decision.retry_after = std::max<Ticks>(1, decision.retry_after);
  } else {
    return false;
  }
  decided_here_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool LimiterStoreBorrowRedis::check_now(std::span<const Check> checks, std::span<Decision> decisions) {
  if (checks.size() != 1 || checks[0].cost == 0) return false;
  const auto lease = lease_of(checks[0]);
  return decide(*lease, checks[0], decisions[0], clock_.monotonic());
}

Task<Result<void>> LimiterStoreBorrowRedis::check(std::span<const Check> checks, std::span<Decision> decisions) {
  if (checks.size() != 1 || checks[0].cost == 0) {
    asked_.fetch_add(1, std::memory_order_relaxed);
    co_return co_await redis_.check(checks, decisions);
  }
  const auto lease = lease_of(checks[0]);
  const Instant deadline = redis_.deadline();
  const bool borrows = most_held(checks[0].limit->limit) >= 2;
  for (bool has_waited = false; !decide(*lease, checks[0], decisions[0], clock_.monotonic()); has_waited = true) {
    if (has_waited || !borrows) co_return co_await ask_for_one(lease, checks[0], decisions[0], deadline);
    if (!lease->asking) co_return co_await ask_for_batch(lease, checks[0], decisions[0], deadline);
    const auto executor = co_await common::asio::this_coro::executor;
    co_await common::park(executor, [&](common::Parked self) { lease->waiting.push_back(std::move(self)); });
    if (lease->outcome.has_error()) co_return lease->outcome;
  }
  co_return Result<void>{};
}

Task<Result<void>> LimiterStoreBorrowRedis::ask_for_batch(std::shared_ptr<Lease> lease, const Check& check,
                                                          Decision& decision, Instant deadline) {
  const std::int64_t most = most_held(check.limit->limit);
  const Instant before = clock_.monotonic();
  const bool used_up = lease->left < check.cost && before < lease->ends;
  lease->batch = std::clamp<std::int64_t>(used_up ? 2 * lease->batch : lease->batch / 2, 1, most);
  const std::int64_t room = before < lease->ends ? std::max<std::int64_t>(0, most - lease->left) : most;
  const std::int64_t wanted = check.cost + std::min(lease->batch - 1, room);

  lease->asking = true;
  asked_.fetch_add(1, std::memory_order_relaxed);
  std::int64_t taken = 0;
  std::exception_ptr thrown;
  try {
    lease->outcome = co_await redis_.take(check, wanted, decision, taken, deadline);
  } catch (...) {
    thrown = std::current_exception();
    lease->outcome = common::Error{common::Failure::internal, "the question to Redis was broken off"};
  }
  lease->asking = false;
  const Instant now = clock_.monotonic();
  if (lease->outcome.has_error()) {
    // Those who wait fail with it.
  } else if (decision.allowed) {
    lease->granted = decision;
    lease->granted_at = now;
    lease->left = (now < lease->ends ? lease->left : 0) + taken - check.cost;
    lease->ends = now + lifetime(check.limit->limit);
    decision.remaining += lease->left;
    // The next one is for all who wait now.
    lease->batch = std::clamp<std::int64_t>(std::ssize(lease->waiting), lease->batch, most);
  } else {
    lease->remember(check, decision, now);
  }
  common::resume(std::exchange(lease->waiting, {}));
  if (thrown) std::rethrow_exception(thrown);
  co_return lease->outcome;
}

Task<Result<void>> LimiterStoreBorrowRedis::ask_for_one(std::shared_ptr<Lease> lease, const Check& check,
                                                        Decision& decision, Instant deadline) {
  asked_.fetch_add(1, std::memory_order_relaxed);
  std::int64_t taken = 0;
  const auto outcome = co_await redis_.take(check, check.cost, decision, taken, deadline);
  if (outcome.has_value() && !decision.allowed) lease->remember(check, decision, clock_.monotonic());
  co_return outcome;
}

void LimiterStoreBorrowRedis::Lease::remember(const Check& check, const Decision& decision, Instant now) {
  const Limit& limit = check.limit->limit;
  const Ticks wait = decision.retry_after == Decision::never ? limit.period : decision.retry_after;
  refused_cost = check.cost;
  refused = decision;
  refused_at = now;
  refused_until = now + std::min(lifetime(limit), std::chrono::microseconds{wait});
}

Task<Result<Snapshot>> LimiterStoreBorrowRedis::look(const Check& check) {
  return redis_.look(check);
}

Task<Result<void>> LimiterStoreBorrowRedis::forget(const Check& check) {
  lanes_[common::current_thread_index()].erase(key_hash(secret_, check.limit->id, check.key));
  return redis_.forget(check);
}

}  // namespace rate_limiter
