// A rule: a limit with a name, and what is special about single keys.
//
// Immutable once it is made: any thread may read it.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rate_limiter/limit.h"

namespace rate_limiter {

enum class Mode : std::uint8_t {
  enforce,
  shadow,  // decides and counts, and lets everybody pass: for trying a rule before it hurts
};
std::string_view to_string(Mode mode) noexcept;

// A limit as the states of its keys are named after it. A changed limit has another name, so its keys start anew: old
// numbers are never read as new ones, also not by a process that has not seen the change yet.
struct RuleLimit {
  RuleLimit(std::string_view rule, const Limit& limit);

  Limit limit;
  std::string name;    // "login:token_bucket/5/60000000/5"
  std::uint64_t id;    // a digest of the name
  std::string policy;  // an item of RateLimit-Policy: "login";q=5;w=60
  float rank_of_one;   // 255 / burst, for limiter_store_memory.cpp
};

// A limit's numbers as they are written, in a rule or an override.
struct LimitNumbers {
  std::optional<std::int64_t> limit;
  std::optional<Ticks> period;
  std::optional<std::int64_t> burst;
};
// What `own` does not say `base` says; one of them says limit and period. `log_max`: the largest limit of
// sliding_window_log (LimiterStoreMemory::log_limit_for).
std::variant<Limit, LimitRefused> make_limit(Algorithm algorithm, const LimitNumbers& own, const LimitNumbers& base,
                                             std::int64_t log_max);

inline constexpr std::uint32_t trace_max = 1'000;

struct Rule {
  Rule(std::string rule_name, const Limit& limit);

  std::string name;  // 1 to 64 of A-Z a-z 0-9 _ . -
  RuleLimit base;
  Mode mode = Mode::enforce;
  std::uint32_t trace = 0;                                  // arrivals that are kept of each key, for explain
  std::map<std::string, RuleLimit, std::less<>> overrides;  // by key

  const RuleLimit& limit_for(std::string_view key) const {
    if (overrides.empty()) return base;
    const auto found = overrides.find(key);
    return found == overrides.end() ? base : found->second;
  }
};

bool is_rule_name(std::string_view text) noexcept;

inline constexpr std::size_t key_bytes_max = 1'024;
inline constexpr std::size_t rules_max = 1'000;
inline constexpr std::string_view login_rule = "login";  // POST /login asks it: it is always there

// login 5 a minute, with a trace; and api 100 in 15 minutes. Throws std::runtime_error when `algorithm` cannot.
std::vector<Rule> built_in_rules(Algorithm algorithm);

// 5 -> "5s", 60,000,000 ticks -> "1m": as rules are written.
std::string format_period(Ticks period);

}  // namespace rate_limiter
