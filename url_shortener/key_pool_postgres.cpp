#include "url_shortener/key_pool_postgres.h"

namespace url_shortener {

using common::Result;
using common::Task;

// An unknown outcome loses the keys, should they have been claimed: nobody else gets them.
Task<Result<std::vector<std::string>>> KeyPoolPostgres::claim(std::size_t count) {
  auto rows = co_await store_.pool().write(
      "UPDATE pool_keys SET claimed = true WHERE id IN (SELECT id FROM pool_keys WHERE NOT claimed ORDER BY id"
      " LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING key",
      count);
  if (rows.has_error()) co_return rows.error();
  std::vector<std::string> claimed;
  while (rows->next())
    claimed.emplace_back(rows->text(0));
  co_return claimed;
}

// In the order of keys, so that two that add the same ones wait for each other and not crosswise.
Task<Result<std::size_t>> KeyPoolPostgres::add(std::vector<std::string> keys) {
  const auto added = co_await store_.pool().write(
      "INSERT INTO pool_keys (key) SELECT DISTINCT key COLLATE \"C\" AS key FROM unnest($1::text[]) AS t (key)"
      " ORDER BY key ON CONFLICT DO NOTHING",
      keys);
  if (added.has_error()) co_return added.error();
  co_return static_cast<std::size_t>(added->affected());
}

Task<Result<std::size_t>> KeyPoolPostgres::size() {
  auto rows = co_await store_.pool().read("SELECT count(*) FROM pool_keys WHERE NOT claimed");
  if (rows.has_error()) co_return rows.error();
  co_return rows->next() ? static_cast<std::size_t>(rows->integer(0)) : 0;
}

}  // namespace url_shortener
