// Redis, asked seldom: each thread borrows a few tokens at once and hands them out by itself.
//
// A key that is asked for ten thousand times a second need not ask Redis ten thousand times. A thread takes a batch of
// its tokens in one round trip, and decides from what it holds until that is used up or too old. Batches begin at one,
// double while they are used up in time, and are as large at least as the number of those who waited for the last one;
// so a key that is asked for seldom is exact. What Redis refused is remembered as well, for a moment.
//
//   1. What is handed out here was taken from Redis before. So in any window, all processes together admit at most what
//      the rule would, and what was held when the window began: at most a twentieth of the burst for each process
//      (`share`), shared by its threads. A rule whose burst is below 40 x threads has no batches, so it is exact: each
//      check asks Redis, refusals are remembered.
//   2. As much may lie unused in one process while another one refuses. What is not used within the lifetime of a lease
//      (a tenth of the period, at most a second) is lost to the client, not given twice.
//   3. What other processes do to a key, and its being forgotten, is seen within a lease's lifetime.
//   4. One thread asks for a batch of a key once at a time; others on it wait for that answer, its failure included,
//      and who is not served by it asks for itself. All that ends within Redis' timeout.
//   5. A refusal that is remembered answers only the same cost: its instant is not that of another.
//
// Checks of several keys, and peeks, go to Redis. Thread-safe; call it on threads of the runtime.

#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/runtime/park.h"
#include "common/runtime/runtime.h"
#include "rate_limiter/key_hash.h"
#include "rate_limiter/limiter_store_redis.h"

namespace rate_limiter {

class LimiterStoreBorrowRedis final : public LimiterStore {
 public:
  static constexpr std::int64_t share = 20;          // of a rule's burst, one part in so many may be held
  static constexpr std::size_t leases_max = 16'384;  // of a thread; beyond them it gives all up

  // All must outlive this.
  LimiterStoreBorrowRedis(LimiterStoreRedis& redis, const common::Runtime& runtime, const common::Clock& clock,
                          common::Random& random);

  bool check_now(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<void>> check(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<Snapshot>> look(const Check& check) override;
  common::Task<common::Result<void>> forget(const Check& check) override;

  // Calls to Redis, and decisions made without one.
  std::uint64_t asked() const noexcept { return asked_.load(std::memory_order_relaxed); }
  std::uint64_t decided_here() const noexcept { return decided_here_.load(std::memory_order_relaxed); }

 private:
  // What a thread holds of a key, and what it knows of it.
  struct Lease {
    std::int64_t left = 0;
    common::Instant ends{};
    std::int64_t batch = 1;  // to be taken next time
    Decision granted;        // Redis' answer to the last batch
    common::Instant granted_at{};
    std::int64_t refused_cost = 0;
    Decision refused;  // Redis' answer to that cost
    common::Instant refused_at{};
    common::Instant refused_until{};  // soon
    bool asking = false;              // for a batch
    std::vector<common::Parked> waiting;
    common::Result<void> outcome;  // of the batch that has just been answered

    void remember(const Check& check, const Decision& refusal, common::Instant now);
  };
  struct HashOfKeyHash {
    std::size_t operator()(const KeyHash& hash) const noexcept { return hash.low; }
  };
  using Leases = std::unordered_map<KeyHash, std::shared_ptr<Lease>, HashOfKeyHash>;

  std::shared_ptr<Lease> lease_of(const Check& check);
  bool decide(Lease& lease, const Check& check, Decision& decision, common::Instant now);
  // The most that a thread may hold.
  std::int64_t most_held(const Limit& limit) const noexcept;
  common::Task<common::Result<void>> ask_for_batch(std::shared_ptr<Lease> lease, const Check& check, Decision& decision,
                                                   common::Instant deadline);
  common::Task<common::Result<void>> ask_for_one(std::shared_ptr<Lease> lease, const Check& check, Decision& decision,
                                                 common::Instant deadline);

  LimiterStoreRedis& redis_;
  const common::Clock& clock_;
  const HashSecret secret_;
  std::vector<Leases> lanes_;  // one a thread
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> decided_here_{0};
};

}  // namespace rate_limiter
