// Ids and the permutation key from PostgreSQL: one row that every lease updates, and waits for. Thread-safe, on the
// threads of the runtime.

#pragma once

#include "url_shortener/id_source.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

class IdSourcePostgres final : public IdSource {
 public:
  // `store` outlives this.
  explicit IdSourcePostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<IdBlock>> lease(std::uint64_t count) override;
  common::Task<common::Result<std::string>> permutation_key() override;

 private:
  StorePostgres& store_;
};

}  // namespace url_shortener
