// Where the states of keys live, and where it is decided.
//
//   std::array<Check, 2> checks{…};
//   std::array<Decision, 2> decisions;
//   if (!store.check_now(checks, decisions)) co_await store.check(checks, decisions);
//
//   1. Checks of one call are decided together: when a binding one is refused none takes anything. Then those that
//      would have been allowed say so, with what is left as if they had not been asked.
//   2. Two calls never use the same token: whatever runs at the same time, in any process that shares the store, the
//      decisions are those of some order of the calls.
//   3. A key of one limit never touches that of another; the limit's numbers are part of its name (rule.h).
//   4. No key of one call appears twice under one limit. (Callers see to it.)
//
// limiter_store_borrow_redis.h loosens the second: it says by how much.

#pragma once

#include <span>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"
#include "common/runtime/task.h"
#include "rate_limiter/algorithms.h"
#include "rate_limiter/rule.h"

namespace rate_limiter {

struct Check {
  const RuleLimit* limit = nullptr;
  std::string_view key;   // 1 to key_bytes_max
  std::int64_t cost = 1;  // 0 to count_max
  bool binding = true;    // false in shadow mode: its refusal keeps nobody from passing
};

// A key's state, and the store's time when it was read.
struct Snapshot {
  State state;
  Ticks now = 0;
};

class LimiterStore {
 public:
  virtual ~LimiterStore() = default;

  // Decides if that takes no waiting; false: nothing was done, ask check(). As many decisions as checks.
  virtual bool check_now(std::span<const Check> checks, std::span<Decision> decisions) = 0;
  // Decides. On failure some may have been counted, if the failure says so (unknown_outcome). The arguments must
  // outlive the await.
  virtual common::Task<common::Result<void>> check(std::span<const Check> checks, std::span<Decision> decisions) = 0;
  // What is known of a key, for explaining; changes nothing. The argument must outlive the await.
  virtual common::Task<common::Result<Snapshot>> look(const Check& check) = 0;
  // As if the key had never been there. The argument must outlive the await.
  virtual common::Task<common::Result<void>> forget(const Check& check) = 0;
};

inline Ticks ticks_of(common::TimePoint time) noexcept {
  return time.time_since_epoch().count();
}

}  // namespace rate_limiter
