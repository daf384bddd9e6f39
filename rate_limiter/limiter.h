// Rules and a store put together: what is asked, what comes of it, and what is counted of it.
//
//   Asking asking(limiter.rules().here());
//   asking.add("login", "192.0.2.1", 1);            // of rules that exist
//   if (!limiter.check_now(asking)) co_await limiter.check(asking);
//   asking.allowed()
//
// A rule in shadow mode decides and counts like any other; its refusals keep nobody from passing. Thread-safe, on the
// threads of the runtime; an Asking belongs to one request.

#pragma once

#include <boost/container/small_vector.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rate_limiter/limiter_store.h"
#include "rate_limiter/rule_book.h"
#include "rate_limiter/top_keys.h"
#include "rate_limiter/trace_book.h"

namespace rate_limiter {

// A few checks that are decided together, and their decisions. Keeps the rules that it began with. One check, the usual
// case, takes no memory of its own but that of a long key.
class Asking {
 public:
  static constexpr std::size_t checks_max = 16;

  explicit Asking(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {}

  enum class Added { yes, no_such_rule, there_already, too_many };
  // The key is copied. `cost`: 0 to count_max.
  Added add(std::string_view rule, std::string_view key, std::int64_t cost);

  std::size_t size() const noexcept { return items_.size(); }
  const Rule& rule(std::size_t i) const noexcept { return items_[i].rule->rule; }
  const RuleCounters& counters(std::size_t i) const noexcept { return *items_[i].rule->counters; }
  std::span<const Check> checks();  // good until this is changed or moved
  std::span<Decision> decisions() noexcept { return {decisions_.data(), decisions_.size()}; }

  // Whether this check keeps nobody from passing.
  bool passes(std::size_t i) const noexcept { return decisions_[i].allowed || rule(i).mode == Mode::shadow; }
  bool allowed() const noexcept;
  // The one to speak of: the first that does not pass, otherwise the one with least left.
  std::size_t foremost() const noexcept;
  const Decision& decision(std::size_t i) const noexcept { return decisions_[i]; }

 private:
  struct Item {
    const RuleInForce* rule = nullptr;
    std::string key;
    std::int64_t cost = 0;
  };

  template <class T>
  using Few = boost::container::small_vector<T, 1>;

  std::shared_ptr<const RuleSet> rules_;
  Few<Item> items_;
  Few<Check> checks_;
  Few<Decision> decisions_;
};

class Limiter {
 public:
  // All must outlive this.
  Limiter(RuleBook& rules, LimiterStore& store, const common::Clock& clock, common::Metrics& metrics,
          std::size_t trace_bytes_max = 1'000'000 * TraceBook::bytes_per_key);

  RuleBook& rules() noexcept { return rules_; }
  LimiterStore& store() noexcept { return store_; }
  const common::Clock& clock() const noexcept { return clock_; }
  const TraceBook& traces() const noexcept { return traces_; }
  const TopKeys& refused_most() const noexcept { return refused_most_; }

  // False: it takes waiting, so nothing was done.
  bool check_now(Asking& asking);
  // `asking` must outlive the await. On failure nothing was decided; with a guarded store it does not fail.
  common::Task<common::Result<void>> check(Asking& asking);

  // As if the key of asking's first check had never been there.
  common::Task<common::Result<void>> forget(Asking& asking);

 private:
  void count(Asking& asking);

  RuleBook& rules_;
  LimiterStore& store_;
  const common::Clock& clock_;
  TraceBook traces_;
  TopKeys refused_most_;
};

}  // namespace rate_limiter
