#include "rate_limiter/top_keys.h"

#include <algorithm>

namespace rate_limiter {

void TopKeys::add(std::string_view rule, std::string_view key) {
  const std::pair<std::string_view, std::string_view> name{rule, key};
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    ++places_[found->second].count;
    return;
  }
  if (places_.size() < size_) {
    by_name_.emplace(name, places_.size());
    places_.push_back({std::string(rule), std::string(key), 1, 0});
    return;
  }
  const auto least =
      std::min_element(places_.begin(), places_.end(), [](const auto& a, const auto& b) { return a.count < b.count; });
  by_name_.erase(by_name_.find(std::pair<std::string_view, std::string_view>(least->rule, least->key)));
  *least = {std::string(rule), std::string(key), least->count + 1, least->count};
  by_name_.emplace(name, static_cast<std::size_t>(least - places_.begin()));
}

std::vector<TopKeys::Place> TopKeys::top(std::size_t count) const {
  std::vector<Place> all;
  {
    const std::lock_guard lock(mutex_);
    all = places_;
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  all.resize(std::min(count, all.size()));
  return all;
}

}  // namespace rate_limiter
