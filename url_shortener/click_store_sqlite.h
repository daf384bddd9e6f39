// Click counts in SQLite. A batch is one closure on the group writer: all of it, or none. Each count adds to four
// rows of one table (all, day, referrer, agent), which lie side by side, since the code is the front of the key.
// Thread-safe.

#pragma once

#include "url_shortener/click_store.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

class ClickStoreSqlite final : public ClickStore {
 public:
  // `store` outlives this.
  explicit ClickStoreSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<void>> add(std::vector<ClickCount> batch, ClickBatchId id = {}) override;
  common::Task<common::Result<ClickStats>> stats(std::string code) override;

 private:
  StoreSqlite& store_;
};

}  // namespace url_shortener
