// The invalidation log in memory.

#pragma once

#include "cache_aside/invalidation_log.h"
#include "cache_aside/store_memory.h"

namespace cache_aside {

class InvalidationLogMemory final : public InvalidationLog {
 public:
  // `store` outlives this.
  explicit InvalidationLogMemory(StoreMemory& store) : store_(store) {}

  common::Task<common::Result<std::vector<Invalidation>>> pending(common::TimePoint before, std::size_t limit) override;
  common::Task<common::Result<void>> settle(std::vector<std::uint64_t> ids) override;
  common::Task<common::Result<std::vector<Invalidation>>> since(std::uint64_t after, std::size_t limit) override;
  common::Task<common::Result<void>> postpone(std::vector<std::uint64_t> ids, common::TimePoint now) override;
  common::Task<common::Result<std::size_t>> forget(common::TimePoint before, std::size_t limit) override;

 private:
  StoreMemory& store_;
};

}  // namespace cache_aside
