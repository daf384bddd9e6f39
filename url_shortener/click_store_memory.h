// Click counts in memory, rolled up as they come. Thread-safe: 64 shards by code, each with its own lock.

#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "url_shortener/click_store.h"

namespace url_shortener {

class ClickStoreMemory final : public ClickStore {
 public:
  common::Task<common::Result<void>> add(std::vector<ClickCount> batch, ClickBatchId id = {}) override;
  common::Task<common::Result<ClickStats>> stats(std::string code) override;

 private:
  using Rollup = std::map<std::string, std::uint64_t>;
  struct Counts {
    std::uint64_t total = 0;
    Rollup daily;
    Rollup referrers;
    Rollup agents;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Counts> codes;
  };

  Shard& shard(const std::string& code) { return shards_[std::hash<std::string>{}(code) % shards_.size()]; }

  bool is_new(const ClickBatchId& id);

  std::array<Shard, 64> shards_;
  std::mutex writers_mutex_;
  std::unordered_map<std::uint64_t, std::uint64_t> last_of_;  // by writer; under the mutex
};

}  // namespace url_shortener
