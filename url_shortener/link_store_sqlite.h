// Links in SQLite: durable, one file, several processes. The default.
//
// Every write is one closure on the group writer (common/sqlite/group_writer.h): it reads, decides and writes
// with nobody between, so what LinkStore asks to be exact takes no retry and no lock of ours. Finding and listing
// read inline on the calling thread. Thread-safe.

#pragma once

#include "url_shortener/link_store.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

class LinkStoreSqlite final : public LinkStore {
 public:
  // `store` outlives this.
  explicit LinkStoreSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<InsertOutcome>> insert(Insert insert) override;
  common::Task<common::Result<std::optional<IdempotentAnswer>>> find_answer(std::string scope, std::string key,
                                                                            common::TimePoint now) override;
  common::Task<common::Result<std::optional<Link>>> find(std::string code) override;
  common::Task<common::Result<Click>> take_click(std::string code, common::TimePoint now) override;
  common::Task<common::Result<EditOutcome>> edit(std::string code, Edit edit,
                                                 std::optional<std::uint64_t> version) override;
  common::Task<common::Result<EditOutcome>> remove(std::string code, std::optional<std::uint64_t> version) override;
  common::Task<common::Result<std::vector<Link>>> list(ListQuery query) override;

 private:
  StoreSqlite& store_;
};

}  // namespace url_shortener
