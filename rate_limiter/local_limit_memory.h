// A limit for one process, in one object: for a server that wants to slow somebody down and needs no rules for it.
//
//   LocalLimit creations(limit);
//   if (const auto wait = creations.refuse(client, request.started)) …   // 429, Retry-After: *wait
//
// The algorithm is the limit's; the keys are in a LimiterStoreMemory with its bound. Thread-safe; time is an argument.

#pragma once

#include <optional>
#include <string_view>

#include "common/clock.h"
#include "rate_limiter/limiter_store_memory.h"

namespace rate_limiter {

class LocalLimit {
 public:
  static constexpr std::size_t clients_max = 100'000;

  // Without a limit everything is allowed.
  explicit LocalLimit(std::optional<Limit> limit, std::size_t keys_max = clients_max);

  // Takes one for `client`, if one is free at `now`. Otherwise says how long until one will be.
  std::optional<common::Duration> refuse(std::string_view client, common::Instant now);

 private:
  std::optional<RuleLimit> limit_;
  common::SystemClock clock_;  // not asked: `now` is an argument
  common::SecureRandom random_;
  LimiterStoreMemory store_;
};

// "60/1m": a token bucket of 60 that fills in a minute. `none` gives nullopt. Failure::invalid with a sentence for
// anything else.
common::Result<std::optional<Limit>> parse_rate(std::string_view text);

}  // namespace rate_limiter
