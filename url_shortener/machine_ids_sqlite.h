// Machine numbers from SQLite: one row each, made by the migration, and a lease is an UPDATE of one. Processes share
// them by sharing the file. Thread-safe.

#pragma once

#include "url_shortener/machine_ids.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

class MachineIdsSqlite final : public MachineIds {
 public:
  // `store` outlives this.
  explicit MachineIdsSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<std::optional<MachineLease>>> lease(std::string owner, Millisecond now,
                                                                  std::chrono::milliseconds length) override;

 private:
  StoreSqlite& store_;
};

}  // namespace url_shortener
