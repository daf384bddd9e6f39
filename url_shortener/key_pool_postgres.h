// Keys made beforehand in PostgreSQL. Claims skip rows that others are claiming, so nobody waits. Thread-safe, on the
// threads of the runtime.

#pragma once

#include "url_shortener/key_pool.h"
#include "url_shortener/store_postgres.h"

namespace url_shortener {

class KeyPoolPostgres final : public KeyPool {
 public:
  // `store` outlives this.
  explicit KeyPoolPostgres(StorePostgres& store) : store_(store) {}

  common::Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override;
  common::Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override;
  common::Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override;
  common::Task<common::Result<std::size_t>> size() override;

 private:
  StorePostgres& store_;
};

}  // namespace url_shortener
