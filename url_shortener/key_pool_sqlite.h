// A pool of keys in SQLite: a claim marks rows in one transaction, and the key's unique index tells what is new.
// Processes share it by sharing the file. Thread-safe.

#pragma once

#include "url_shortener/key_pool.h"
#include "url_shortener/store_sqlite.h"

namespace url_shortener {

class KeyPoolSqlite final : public KeyPool {
 public:
  // `store` outlives this.
  explicit KeyPoolSqlite(StoreSqlite& store) : store_(store) {}

  common::Task<common::Result<std::vector<std::string>>> claim(std::size_t count) override;
  common::Task<common::Result<std::size_t>> add(std::vector<std::string> keys) override;
  common::Task<common::Result<std::vector<std::string>>> add_claimed(std::vector<std::string> keys) override;
  common::Task<common::Result<std::size_t>> size() override;

 private:
  StoreSqlite& store_;
};

}  // namespace url_shortener
