// The inbox in PostgreSQL. Ids are a sequence's: of two items of a user that are added at the same instant the lower id
// may be committed later, and a stream that has shown the higher one passes it over; the list has both. Thread-safe.

#pragma once

#include "notifier/inbox_store.h"
#include "notifier/store_postgres.h"

namespace notifier {

class InboxStorePostgres final : public InboxStore {
 public:
  explicit InboxStorePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<void>> add(std::vector<InboxItem> items) override;
  common::Task<common::Result<std::vector<InboxItem>>> list(std::string user, std::size_t limit,
                                                            std::int64_t before) override;
  common::Task<common::Result<std::vector<InboxItem>>> since(std::string user, std::size_t limit,
                                                             std::int64_t after) override;

 private:
  StorePostgres& store_;
};

}  // namespace notifier
