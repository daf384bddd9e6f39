// The rules in force. They are replaced whole: whoever has begun with one set ends with it.
//
//   const RuleSet& rules = *book.here();            // on a runtime's thread: no lock, no shared counter
//   auto rules = book.here();                       // a coroutine that suspends keeps a copy of the pointer
//
//   1. A set is never changed, only replaced, and lives as long as somebody holds it.
//   2. `login` is in every set: the built-in one where there is no other.
//   3. After a replacement here() gives the new set on every thread at its next call.
//
// Thread-safe, with here() for each thread of the runtime that the book was made for, and for the main thread while
// that does not run. Changes take a lock.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/metrics.h"
#include "common/text.h"
#include "rate_limiter/rule.h"

namespace rate_limiter {

// What a rule has decided so far, in all its versions.
struct RuleCounters {
  prometheus::Counter& allowed;
  prometheus::Counter& refused;
  prometheus::Counter& shadow_refused;
  prometheus::Counter& near_limit;  // allowed, with less than a fifth left
};

struct RuleInForce {
  Rule rule;
  RuleCounters* counters;  // the book's
};

class RuleSet {
 public:
  const RuleInForce* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }
  const std::vector<std::shared_ptr<const RuleInForce>>& all() const noexcept { return in_order_; }

 private:
  friend class RuleBook;
  void put(std::shared_ptr<const RuleInForce> rule);
  bool remove(std::string_view name);

  std::vector<std::shared_ptr<const RuleInForce>> in_order_;
  std::unordered_map<std::string, std::shared_ptr<const RuleInForce>, common::StringHash, std::equal_to<>> by_name_;
};

class RuleBook {
 public:
  // Every name that was ever used keeps its counters: so names are bounded too.
  static constexpr std::size_t names_max = 2 * rules_max;

  // `algorithm`: of the built-in login rule. `metrics` must outlive this.
  RuleBook(std::size_t threads, std::vector<Rule> rules, Algorithm algorithm, common::Metrics& metrics);

  // The calling thread's reference: valid until it is here again.
  const std::shared_ptr<const RuleSet>& here();

  // False, and nothing is changed, when it would make more names that were ever used than names_max.
  bool replace(std::vector<Rule> rules);
  enum class Put { created, replaced, full };
  Put put(Rule rule);
  enum class Removed { removed, reset_to_built_in, not_there };
  Removed remove(std::string_view name);

 private:
  struct alignas(64) Slot {
    std::uint64_t version = 0;
    std::shared_ptr<const RuleSet> set;
  };

  std::shared_ptr<const RuleInForce> in_force(Rule rule);
  void publish(RuleSet set);

  const Algorithm algorithm_;
  common::Metrics& metrics_;
  std::vector<Slot> slots_;  // one a thread
  std::atomic<std::uint64_t> version_{0};
  std::mutex mutex_;  // guards the two below
  std::shared_ptr<const RuleSet> current_ = std::make_shared<RuleSet>();
  std::unordered_map<std::string, std::unique_ptr<RuleCounters>> counters_;
};

}  // namespace rate_limiter
