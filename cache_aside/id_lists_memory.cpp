#include "cache_aside/id_lists_memory.h"

#include <algorithm>

namespace cache_aside {

using common::Task;

using Ids = std::vector<std::uint64_t>;

Task<std::optional<Ids>> IdListsMemory::read(std::string name, std::uint64_t below, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const List* const list = find(name);
  if (!list) co_return std::nullopt;
  const auto first = std::upper_bound(list->ids.begin(), list->ids.end(), below,
                                      [](std::uint64_t bound, std::uint64_t id) { return id < bound; });
  const auto left = static_cast<std::size_t>(list->ids.end() - first);
  co_return std::optional<Ids>(std::in_place, first, first + static_cast<std::ptrdiff_t>(std::min(limit, left)));
}

Task<std::string> IdListsMemory::ticket(std::string name) {
  const std::lock_guard lock(mutex_);
  if (tickets_.size() >= lists_max_) tickets_.clear();
  const auto [valid, is_new] = tickets_.try_emplace(std::move(name), last_ticket_ + 1);
  if (is_new) ++last_ticket_;
  co_return std::to_string(valid->second);
}

Task<bool> IdListsMemory::fill(std::string name, Ids ids, std::string ticket) {
  const std::lock_guard lock(mutex_);
  const auto valid = tickets_.find(name);
  if (lists_max_ == 0 || suspended_ || valid == tickets_.end() || std::to_string(valid->second) != ticket)
    co_return false;
  tickets_.erase(valid);
  while (!ages_.empty() && (ages_.front().first <= clock_.now() || lists_.size() >= lists_max_)) {
    const auto oldest = lists_.find(ages_.front().second);
    if (oldest != lists_.end() && oldest->second.until <= ages_.front().first) lists_.erase(oldest);
    ages_.pop_front();
  }
  const auto until = clock_.now() + std::chrono::duration_cast<std::chrono::microseconds>(options_.ttl);
  ages_.emplace_back(until, name);
  lists_[std::move(name)] = {std::move(ids), until};
  co_return true;
}

Task<bool> IdListsMemory::push(std::vector<std::string> names, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    List* const list = find(name);
    if (!list) {
      tickets_.erase(name);
      continue;
    }
    const auto at = std::lower_bound(list->ids.begin(), list->ids.end(), id, std::greater<>());
    if (at != list->ids.end() && *at == id) continue;
    list->ids.insert(at, id);
    if (list->ids.size() > options_.entries_max) list->ids.pop_back();
  }
  co_return true;
}

Task<bool> IdListsMemory::forget(std::string name) {
  const std::lock_guard lock(mutex_);
  lists_.erase(name);
  tickets_.erase(name);
  co_return true;
}

void IdListsMemory::suspend() {
  const std::lock_guard lock(mutex_);
  suspended_ = true;
  clear();
}

void IdListsMemory::resume() {
  const std::lock_guard lock(mutex_);
  clear();
  suspended_ = false;
}

void IdListsMemory::clear() {
  lists_.clear();
  ages_.clear();
  tickets_.clear();
}

IdListsMemory::List* IdListsMemory::find(const std::string& name) {
  const auto found = lists_.find(name);
  if (found == lists_.end() || clock_.now() >= found->second.until) return nullptr;
  return &found->second;
}

}  // namespace cache_aside
