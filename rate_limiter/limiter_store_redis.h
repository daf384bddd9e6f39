// Keys in Redis, shared by all processes that use it: one EVALSHA, one round trip a call.
//
//   1. The script reads, decides and writes in one step, so no two calls see the same token, from however many
//      processes (redis_check.lua; the algorithms' twins are beside their headers).
//   2. Time is Redis' own: hosts whose clocks differ share one. Only tests give a clock.
//   3. Keys expire by themselves once they are as good as new.
//   4. Each command ends within the client's timeout. A failure of unknown outcome may have been counted.
//
// Keys of several checks in one call must be in one hash slot when Redis is a cluster: those of one client are
// (`rate_limiter:{client}:…`). Thread-safe; call it on threads of the client's runtime.

#pragma once

#include <array>
#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/redis/client.h"
#include "rate_limiter/limiter_store.h"

namespace rate_limiter {

class LimiterStoreRedis final : public LimiterStore {
 public:
  // `clock`: for tests, instead of Redis' own. Both must outlive this.
  explicit LimiterStoreRedis(common::redis::Client& redis, const common::Clock* clock = nullptr);

  bool check_now(std::span<const Check>, std::span<Decision>) override { return false; }
  common::Task<common::Result<void>> check(std::span<const Check> checks, std::span<Decision> decisions) override;
  common::Task<common::Result<Snapshot>> look(const Check& check) override;
  common::Task<common::Result<void>> forget(const Check& check) override;

  // Takes as many as there are, from check.cost up to `most`; `taken` says how many. Refused like check.cost. Ends by
  // `deadline`.
  common::Task<common::Result<void>> take(const Check& check, std::int64_t most, Decision& decision,
                                          std::int64_t& taken, common::Instant deadline);
  // Until when a call that is made now has to end.
  common::Instant deadline() const noexcept { return redis_.deadline(); }

  // Loads the scripts, which a Redis that has just started does not know, and decides once, on a key of its own:
  // whether it does what checks need. A replica, or a Redis that cannot save, answers and refuses to write.
  common::Task<common::Result<void>> prepare();

 private:
  common::Task<common::Result<void>> run(std::span<const Check> checks, std::span<Decision> decisions,
                                         std::int64_t most, std::int64_t* taken, common::Instant deadline);
  std::string now() const;

  common::redis::Client& redis_;
  const common::Clock* const clock_;
  std::vector<common::redis::Script> scripts_;  // by algorithm, then the one of all
  common::redis::Script look_script_;
  const RuleLimit probe_limit_;
};

}  // namespace rate_limiter
