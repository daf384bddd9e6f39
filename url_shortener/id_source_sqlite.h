// Ids and the permutation key from SQLite: an UPDATE that is committed before its block is handed out. The leases of
// many callers share a commit (common/sqlite/group_writer.h). Thread-safe.

#pragma once

#include "url_shortener/id_source.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

class IdSourceSqlite final : public IdSource {
 public:
  // `store` outlives this.
  explicit IdSourceSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<IdBlock>> lease(std::uint64_t count) override;
  common::Task<common::Result<std::string>> permutation_key() override;

 private:
  StoreSqlite& store_;
};

}  // namespace url_shortener
