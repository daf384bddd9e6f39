#include "rate_limiter/limiter.h"

namespace rate_limiter {

Asking::Added Asking::add(std::string_view rule, std::string_view key, std::int64_t cost) {
  const RuleInForce* const found = rules_->find(rule);
  if (!found) return Added::no_such_rule;
  for (const Item& item : items_) {
    if (item.rule == found && item.key == key) return Added::there_already;
  }
  if (size() == checks_max) return Added::too_many;
  items_.push_back({found, std::string(key), cost});
  checks_.emplace_back();
  decisions_.emplace_back();
  return Added::yes;
}

std::span<const Check> Asking::checks() {
  for (std::size_t i = 0; i < size(); ++i) {
    const Rule& of = rule(i);
    checks_[i] = {&of.limit_for(items_[i].key), items_[i].key, items_[i].cost, of.mode == Mode::enforce};
  }
  return {checks_.data(), checks_.size()};
}

bool Asking::allowed() const noexcept {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!passes(i)) return false;
  }
  return true;
}

std::size_t Asking::foremost() const noexcept {
  std::size_t least = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!passes(i)) return i;
    if (decisions_[i].remaining < decisions_[least].remaining) least = i;
  }
  return least;
}

Limiter::Limiter(RuleBook& rules, LimiterStore& store, const common::Clock& clock, common::Metrics& metrics,
                 std::size_t trace_bytes_max)
    : rules_(rules), store_(store), clock_(clock), traces_(trace_bytes_max) {
  metrics.gauge_of("rate_limiter_trace_bytes", "what the traces of rules with `trace` take",
                   [this] { return static_cast<double>(traces_.bytes()); });
}

bool Limiter::check_now(Asking& asking) {
  if (!store_.check_now(asking.checks(), asking.decisions())) return false;
  count(asking);
  return true;
}

common::Task<common::Result<void>> Limiter::check(Asking& asking) {
  const auto checks = asking.checks();
  const auto decisions = asking.decisions();
  auto outcome = co_await store_.check(checks, decisions);
  if (outcome.has_value()) count(asking);
  co_return outcome;
}

// Peeks are not counted, nor are those that would have been allowed if another check had not refused.
void Limiter::count(Asking& asking) {
  const auto checks = asking.checks();
  const bool taken = asking.allowed();
  for (std::size_t i = 0; i < asking.size(); ++i) {
    const Rule& rule = asking.rule(i);
    const Decision& decision = asking.decision(i);
    const RuleCounters& counters = asking.counters(i);
    if (checks[i].cost == 0 || (decision.allowed && !taken)) continue;
    if (decision.allowed) {
      counters.allowed.Increment();
      if (5 * decision.remaining < checks[i].limit->limit.burst) counters.near_limit.Increment();
    } else {
      (asking.passes(i) ? counters.shadow_refused : counters.refused).Increment();
      refused_most_.add(rule.name, checks[i].key);
    }
    if (rule.trace > 0) {
      traces_.add(checks[i].limit->name, checks[i].key, rule.trace,
                  {ticks_of(clock_.now()), checks[i].cost, decision.allowed});
    }
  }
}

common::Task<common::Result<void>> Limiter::forget(Asking& asking) {
  const Check& check = asking.checks()[0];
  traces_.forget(check.limit->name, check.key);
  return store_.forget(check);
}

}  // namespace rate_limiter
