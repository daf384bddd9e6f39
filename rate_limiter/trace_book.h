// The last arrivals of each key, for rules that ask for it: what explain shows, and what the other algorithms are asked
// about.
//
// In this process only, by its clock: of what other processes decided it knows nothing. At most rule.trace arrivals of
// a key, and about `bytes_max` in all: the key that was quiet longest goes first. Thread-safe, by one lock, which each
// decision of a rule with a trace takes: such rules are for looking at, not for the busiest keys.

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
  static constexpr std::size_t bytes_per_key = 16;  // of --max-keys: a quarter of what keys take

  explicit TraceBook(std::size_t bytes_max = 1'000'000 * bytes_per_key) : bytes_max_(bytes_max) {}

  // `limit_name`: RuleLimit's, so that a changed rule begins a new trace. `keep` > 0.
  void add(std::string_view limit_name, std::string_view key, std::size_t keep, const Arrival& arrival);
  // Oldest first.
  std::vector<Arrival> of(std::string_view limit_name, std::string_view key) const;
  void forget(std::string_view limit_name, std::string_view key);
  // What is kept takes about so many bytes.
  std::size_t bytes() const;

 private:
  struct Trace {
    std::string name;
    std::deque<Arrival> arrivals;
    std::size_t bytes() const noexcept;
  };
  using Traces = std::list<Trace>;  // the one that was heard of last in front

  void erase(Traces::iterator trace);

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;  // guards the rest
  std::size_t bytes_ = 0;
  Traces traces_;
  std::unordered_map<std::string, Traces::iterator> by_name_;
};

}  // namespace rate_limiter
