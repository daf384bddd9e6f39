// Click counts in PostgreSQL. A batch is one statement: all of it, or none. Each count adds to four rows of one table
// (all, day, referrer, agent); a batch touches its rows in the order of their keys, so that two batches wait for each
// other and not crosswise. Thread-safe, on the threads of the runtime.

#pragma once

#include "url_shortener/click_store.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

class ClickStorePostgres final : public ClickStore {
 public:
  // `store` outlives this.
  explicit ClickStorePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<void>> add(std::vector<ClickCount> batch, ClickBatchId id = {}) override;
  common::Task<common::Result<ClickStats>> stats(std::string code) override;

 private:
  StorePostgres& store_;
};

}  // namespace url_shortener
