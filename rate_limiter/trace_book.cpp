#include "rate_limiter/trace_book.h"

namespace rate_limiter {
namespace {

// A limit's name holds no line break.
std::string joined(std::string_view limit_name, std::string_view key) {
  return std::string(limit_name).append("\n").append(key);
}

}  // namespace

// The name stands in the map too; a deque takes memory by the chunk of 512 bytes.
std::size_t TraceBook::Trace::bytes() const noexcept {
  constexpr std::size_t chunk = 512;
  return 2 * name.size() + 256 + chunk * (1 + arrivals.size() * sizeof(Arrival) / chunk);
}

void TraceBook::erase(Traces::iterator trace) {
  bytes_ -= trace->bytes();
  by_name_.erase(trace->name);
  traces_.erase(trace);
}

void TraceBook::add(std::string_view limit_name, std::string_view key, std::size_t keep, const Arrival& arrival) {
  std::string name = joined(limit_name, key);
  const std::lock_guard lock(mutex_);
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    traces_.push_front({name, {}});
    found = by_name_.emplace(std::move(name), traces_.begin()).first;
  } else {
    bytes_ -= found->second->bytes();
    traces_.splice(traces_.begin(), traces_, found->second);
  }
  auto& arrivals = found->second->arrivals;
  arrivals.push_back(arrival);
  while (arrivals.size() > keep)
    arrivals.pop_front();
  bytes_ += found->second->bytes();
  while (bytes_ > bytes_max_ && traces_.size() > 1)
    erase(std::prev(traces_.end()));
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
  if (found != by_name_.end()) erase(found->second);
}

std::size_t TraceBook::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace rate_limiter
