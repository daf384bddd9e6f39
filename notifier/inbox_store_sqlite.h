// The inbox in SQLite. Thread-safe.

#pragma once

#include "notifier/inbox_store.h"
#include "notifier/store_sqlite.h"

namespace notifier {

class InboxStoreSqlite final : public InboxStore {
 public:
  explicit InboxStoreSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<void>> add(std::vector<InboxItem> items) override;
  common::Task<common::Result<std::vector<InboxItem>>> list(std::string user, std::size_t limit,
                                                            std::int64_t before) override;
  common::Task<common::Result<std::vector<InboxItem>>> since(std::string user, std::size_t limit,
                                                             std::int64_t after) override;

 private:
  StoreSqlite& store_;
};

}  // namespace notifier
