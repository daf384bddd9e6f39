#include "url_shortener/key_pool_memory.h"

#include <algorithm>
#include <iterator>

namespace url_shortener {

using common::Result;
using common::Task;

Task<Result<std::vector<std::string>>> KeyPoolMemory::claim(std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto end = free_.begin() + static_cast<std::ptrdiff_t>(std::min(count, free_.size()));
  std::vector<std::string> claimed(std::move_iterator(free_.begin()), std::move_iterator(end));
  free_.erase(free_.begin(), end);
  co_return claimed;
}

Task<Result<std::size_t>> KeyPoolMemory::add(std::vector<std::string> keys) {
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  for (auto& key : keys) {
    if (!ever_.insert(key).second) continue;
    free_.push_back(std::move(key));
    ++added;
  }
  co_return added;
}

Task<Result<std::vector<std::string>>> KeyPoolMemory::add_claimed(std::vector<std::string> keys) {
  const std::lock_guard lock(mutex_);
  std::erase_if(keys, [this](const std::string& key) { return !ever_.insert(key).second; });
  co_return keys;
}

Task<Result<std::size_t>> KeyPoolMemory::size() {
  const std::lock_guard lock(mutex_);
  co_return free_.size();
}

}  // namespace url_shortener
