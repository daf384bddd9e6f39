#include "rate_limiter/rule_book.h"

#include <algorithm>

#include "common/runtime/runtime.h"

namespace rate_limiter {

void RuleSet::put(std::shared_ptr<const RuleInForce> rule) {
  auto& place = by_name_[rule->rule.name];
  if (place) {
    *std::find(in_order_.begin(), in_order_.end(), place) = rule;
  } else {
    in_order_.push_back(rule);
  }
  place = std::move(rule);
}

bool RuleSet::remove(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return false;
  in_order_.erase(std::find(in_order_.begin(), in_order_.end(), found->second));
  by_name_.erase(found);
  return true;
}

RuleBook::RuleBook(std::size_t threads, std::vector<Rule> rules, Algorithm algorithm, common::Metrics& metrics)
    : algorithm_(algorithm), metrics_(metrics), slots_(threads) {
  replace(std::move(rules));
}

const std::shared_ptr<const RuleSet>& RuleBook::here() {
  Slot& slot = slots_[common::current_thread_index()];
  if (slot.version != version_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    slot.set = current_;
    slot.version = version_.load(std::memory_order_relaxed);
  }
  return slot.set;
}

// Under the lock.
void RuleBook::publish(RuleSet set) {
  if (!set.find(login_rule)) set.put(in_force(std::move(built_in_rules(algorithm_).front())));
  current_ = std::make_shared<const RuleSet>(std::move(set));
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const RuleInForce> RuleBook::in_force(Rule rule) {
  auto& counters = counters_[rule.name];
  if (!counters) {
    const auto outcome = [&](const char* name) -> prometheus::Counter& {
      return metrics_.counter("rate_limiter_decisions_total", "decisions, by rule; a check of several rules is several",
                              {{"rule", rule.name}, {"outcome", name}});
    };
    auto& near = metrics_.counter("rate_limiter_near_limit_total", "allowed with less than a fifth of the limit left",
                                  {{"rule", rule.name}});
    counters = std::make_unique<RuleCounters>(
        RuleCounters{outcome("allowed"), outcome("refused"), outcome("shadow_refused"), near});
  }
  return std::make_shared<const RuleInForce>(RuleInForce{std::move(rule), counters.get()});
}

bool RuleBook::replace(std::vector<Rule> rules) {
  const std::lock_guard lock(mutex_);
  const auto is_new = [&](const Rule& rule) { return !counters_.contains(rule.name); };
  const auto more = static_cast<std::size_t>(std::count_if(rules.begin(), rules.end(), is_new));
  if (counters_.size() + more > names_max) return false;
  RuleSet set;
  for (Rule& rule : rules)
    set.put(in_force(std::move(rule)));
  publish(std::move(set));
  return true;
}

RuleBook::Put RuleBook::put(Rule rule) {
  const std::lock_guard lock(mutex_);
  const bool known = current_->find(rule.name) != nullptr;
  if (!known && (current_->all().size() >= rules_max || counters_.size() >= names_max)) return Put::full;
  RuleSet set = *current_;
  set.put(in_force(std::move(rule)));
  publish(std::move(set));
  return known ? Put::replaced : Put::created;
}

RuleBook::Removed RuleBook::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  RuleSet set = *current_;
  if (!set.remove(name)) return Removed::not_there;
  publish(std::move(set));
  return name == login_rule ? Removed::reset_to_built_in : Removed::removed;
}

}  // namespace rate_limiter
