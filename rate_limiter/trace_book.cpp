#include "rate_limiter/trace_book.h"

namespace rate_limiter {
namespace {

// A limit's name holds no line break.
std::string joined(std::string_view limit_name, std::string_view key) {
  return std::string(limit_name).append("\n").append(key);
}

}  // namespace

void TraceBook::add(std::string_view limit_name, std::string_view key, std::size_t keep, const Arrival& arrival) {
  std::string name = joined(limit_name, key);
  const std::lock_guard lock(mutex_);
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    if (by_name_.size() >= keys_max_) {
      by_name_.erase(traces_.back().name);
      traces_.pop_back();
    }
    traces_.push_front({name, {}});
    found = by_name_.emplace(std::move(name), traces_.begin()).first;
  } else {
    traces_.splice(traces_.begin(), traces_, found->second);
  }
  auto& arrivals = found->second->arrivals;
  arrivals.push_back(arrival);
  while (arrivals.size() > keep)
    arrivals.pop_front();
}

std::vector<Arrival> TraceBook::of(std::string_view limit_name, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(joined(limit_name, key));
  if (found == by_name_.end()) return {};
  return {found->second->arrivals.begin(), found->second->arrivals.end()};
}

void TraceBook::forget(std::string_view limit_name, std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(joined(limit_name, key));
  if (found == by_name_.end()) return;
  traces_.erase(found->second);
  by_name_.erase(found);
}

}  // namespace rate_limiter
