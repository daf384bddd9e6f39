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

bool LimiterStoreBorrowRedis::decide(Lease& lease, const Check& check, Decision& decision, Instant now) {
  const Limit& limit = check.limit->limit;
  const Ticks age = ticks_until(now, lease.last_at);
  const auto aged = [&](Ticks time) { return std::max<Ticks>(0, time - age); };
  if (lease.left >= check.cost && now < lease.ends) {
    lease.left -= check.cost;
    decision = judged(limit, check.cost, true);
    decision.remaining = lease.last.remaining + lease.left;
  } else if (check.cost >= lease.refused_cost && now < lease.refused_until) {
    decision = judged(limit, check.cost, false);
    decision.remaining = std::min(check.cost - 1, lease.last.remaining);
    decision.retry_after =
        check.cost > limit.burst ? Decision::never : std::max<Ticks>(1, aged(lease.last.retry_after));
  } else {
    return false;
  }
  decision.next_after = aged(lease.last.next_after);
  decision.reset_after = aged(lease.last.reset_after);
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
  while (!decide(*lease, checks[0], decisions[0], clock_.monotonic())) {
    if (!lease->asking) co_return co_await ask(lease, checks[0], decisions[0]);
    const auto executor = co_await common::asio::this_coro::executor;
    co_await common::park(executor, [&](common::Parked self) { lease->waiting.push_back(std::move(self)); });
    if (lease->outcome.has_error()) co_return lease->outcome;
  }
  co_return Result<void>{};
}

Task<Result<void>> LimiterStoreBorrowRedis::ask(std::shared_ptr<Lease> lease, const Check& check, Decision& decision) {
  const Limit& limit = check.limit->limit;
  const std::int64_t most_held = limit.burst / (share * static_cast<std::int64_t>(lanes_.size()));
  const bool used_up = lease->left < check.cost && clock_.monotonic() < lease->ends;
  const std::int64_t batch = used_up ? 2 * lease->batch : lease->batch / 2;
  lease->batch = std::clamp<std::int64_t>(batch, 1, std::max<std::int64_t>(1, most_held));
  const std::int64_t room = clock_.monotonic() < lease->ends ? most_held - lease->left : most_held;
  const std::int64_t most = check.cost + std::clamp<std::int64_t>(lease->batch - 1, 0, std::max<std::int64_t>(0, room));

  lease->asking = true;
  asked_.fetch_add(1, std::memory_order_relaxed);
  std::int64_t taken = 0;
  lease->outcome = co_await redis_.take(check, most, decision, taken);
  lease->asking = false;
  const Instant now = clock_.monotonic();
  if (lease->outcome.has_value()) {
    lease->last = decision;
    lease->last_at = now;
    if (decision.allowed) {
      lease->left = (now < lease->ends ? lease->left : 0) + taken - check.cost;
      lease->ends = now + lifetime(limit);
      decision.remaining += lease->left;
    } else {
      const Ticks wait = decision.retry_after == Decision::never ? limit.period : decision.retry_after;
      lease->refused_cost = check.cost;
      lease->refused_until = now + std::min(lifetime(limit), std::chrono::microseconds{wait});
    }
  }
  common::resume(std::exchange(lease->waiting, {}));
  co_return lease->outcome;
}

Task<Result<Snapshot>> LimiterStoreBorrowRedis::look(const Check& check) {
  return redis_.look(check);
}

Task<Result<void>> LimiterStoreBorrowRedis::forget(const Check& check) {
  lanes_[common::current_thread_index()].erase(key_hash(secret_, check.limit->id, check.key));
  return redis_.forget(check);
}

}  // namespace rate_limiter
