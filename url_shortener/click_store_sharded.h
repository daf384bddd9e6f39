// Clicks beside their links, on the shard of the code. Thread-safe, on the threads of the runtime.

#pragma once

#include <memory>
#include <vector>

#include "url_shortener/click_store_postgres.h"
#include "url_shortener/shards.h"

namespace url_shortener {

class ClickStoreSharded final : public ClickStore {
 public:
  // `shards` outlives this.
  explicit ClickStoreSharded(Shards& shards);

  std::size_t places() const override { return shards_.size(); }
  std::size_t place_of(std::string_view code) const override { return ring_.owner(code); }
  common::Task<common::Result<void>> add(std::vector<ClickCount> batch, ClickBatchId id = {}) override;
  common::Task<common::Result<ClickStats>> stats(std::string code) override;

 private:
  const ShardRing& ring_;
  std::vector<std::unique_ptr<ClickStorePostgres>> shards_;
};

}  // namespace url_shortener
