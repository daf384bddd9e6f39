// The last arrivals of each key, for rules that ask for it: what explain shows, and what the other algorithms are asked
// about.
//
// In this process only, by its clock: of what other processes decided it knows nothing. At most `keys_max` keys, the
// one that was quiet longest goes first; at most rule.trace arrivals each. Thread-safe, by one lock.

#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rate_limiter/limit.h"

namespace rate_limiter {

struct Arrival {
  Ticks at = 0;
  std::int64_t cost = 0;
  bool allowed = false;
};

class TraceBook {
 public:
  explicit TraceBook(std::size_t keys_max = 10'000) : keys_max_(keys_max) {}

  // `limit_name`: RuleLimit's, so that a changed rule begins a new trace. `keep` > 0.
  void add(std::string_view limit_name, std::string_view key, std::size_t keep, const Arrival& arrival);
  // Oldest first.
  std::vector<Arrival> of(std::string_view limit_name, std::string_view key) const;
  void forget(std::string_view limit_name, std::string_view key);

 private:
  struct Trace {
    std::string name;
    std::deque<Arrival> arrivals;
  };
  using Traces = std::list<Trace>;  // the one that was heard of last in front

  const std::size_t keys_max_;
  mutable std::mutex mutex_;  // guards the two below
  Traces traces_;
  std::unordered_map<std::string, Traces::iterator> by_name_;
};

}  // namespace rate_limiter
