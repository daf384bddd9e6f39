// Keys in this process's memory: 64 locked shards, bounded.
//
//   1. At most `keys_max` keys of constant state (all algorithms but the log) are kept, whatever their text, in tables
//      of at most 64 bytes x keys_max: 48 a key, three quarters full. On the way there, since tables grow by a quarter,
//      a key takes 64 to 80. Logs have as many bytes again, all together; they are no part of keys_max.
//      log_limit_for() says which rules that is enough for: two logs of such a rule fit into a shard at their worst.
//   2. A key whose time has come (nothing is used any more) is forgotten without a difference: it would decide like a
//      new one. New keys sweep such ones out, two looks each, and they go first when there is no room.
//   3. When there is nobody like that among the 32 looked at, the one of them goes that had used the smallest share of
//      its burst when it was last admitted, by any rule; of equals the one whose time would come soonest. So a flood of
//      keys that are used once goes before those that have nothing left; who uses each key up drives out others like
//      it. What goes is counted (forgotten_early): each time one client may get up to its burst again.
//   4. One check locks one shard; several lock their shards in order, so two calls never wait for each other in a ring.
//
// Open addressing with linear probing; removing moves later entries back, so there are no tombstones. Thread-safe.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "rate_limiter/key_hash.h"
#include "rate_limiter/limiter_store.h"

namespace rate_limiter {

class LimiterStoreMemory final : public LimiterStore {
 public:
  struct Options {
    std::size_t keys_max = 1'000'000;  // at least shard_count
  };
  static constexpr std::size_t shard_count = 64;

  // The largest limit of sliding_window_log that so many keys' memory can keep: with it a log takes at worst half of
  // what its shard has. That is 64 bytes for each admission, as many old entries as live ones in a vector twice as
  // large, and 128 more.
  static constexpr std::int64_t log_limit_for(std::size_t keys_max) noexcept {
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(keys_max / (2 * shard_count)) - 2);
  }

  // `random` gives the secret of the keys' hashes. The clock must outlive this.
  LimiterStoreMemory(Options options, const common::Clock& clock, common::Random& random);
  ~LimiterStoreMemory() override;

  bool check_now(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<void>> check(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<Snapshot>> look(const Check& check) override;
  common::Task<common::Result<void>> forget(const Check& check) override;

  // One check at a given time: the hot path without the clock.
  Decision decide(const Check& check, Ticks now);

  struct Counts {
    std::size_t keys = 0;   // with logs; those whose time has come included, until their place is needed
    std::size_t bytes = 0;  // of the tables and logs
    std::uint64_t forgotten_early = 0;
  };
  Counts counts() const;

 private:
  class Shard;

  Shard& shard_of(const KeyHash& hash) noexcept;
  void check_together(std::span<const Check> checks, std::span<Decision> decisions, Ticks now);

  const common::Clock& clock_;
  const HashSecret secret_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace rate_limiter
