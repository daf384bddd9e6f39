// A pool of keys in memory, gone with the process, as are the links of a memory store. Thread-safe, by one lock.

#pragma once

#include <deque>
#include <mutex>
#include <unordered_set>

#include "url_shortener/key_pool.h"

namespace url_shortener {

class KeyPoolMemory final : public KeyPool {
 public:
  common::Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override;
  common::Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override;
  common::Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override;
  common::Task<common::Result<std::size_t>> size() override;

 private:
  std::mutex mutex_;  // guards both
  std::deque<std::string> free_;
  std::unordered_set<std::string> ever_;
};

}  // namespace url_shortener
