// The invalidation log in PostgreSQL. Ids are given out before the commit: a smaller one may appear after a greater
// one.

#pragma once

#include "cache_aside/invalidation_log.h"
#include "cache_aside/store_postgres.h"

namespace cache_aside {

class InvalidationLogPostgres final : public InvalidationLog {
 public:
  // `store` outlives this.
  explicit InvalidationLogPostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<std::vector<Invalidation>>> pending(common::TimePoint before, std::size_t limit) override;
  common::Task<common::Result<void>> settle(std::vector<std::uint64_t> ids) override;
  common::Task<common::Result<std::vector<Invalidation>>> since(std::uint64_t after, std::size_t limit) override;
  common::Task<common::Result<void>> postpone(std::vector<std::uint64_t> ids, common::TimePoint now) override;
  common::Task<common::Result<std::size_t>> forget(common::TimePoint before, std::size_t limit) override;

 private:
  StorePostgres& store_;
};

}  // namespace cache_aside
