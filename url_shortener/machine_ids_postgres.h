// Machine numbers leased from PostgreSQL: two UPDATEs, of which the second skips rows that others are taking.
// Thread-safe, on the threads of the runtime.

#pragma once

#include "url_shortener/machine_ids.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

class MachineIdsPostgres final : public MachineIds {
 public:
  // `store` outlives this.
  explicit MachineIdsPostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<std::optional<MachineLease>>> lease(std::string owner, Millisecond now,
                                                                  std::chrono::milliseconds length) override;

 private:
  StorePostgres& store_;
};

}  // namespace url_shortener
