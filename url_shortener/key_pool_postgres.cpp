#include "url_shortener/key_pool_postgres.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::postgres::Rows;

namespace {

// Two that add the same keys in another order would wait for each other for ever: they go one after the other.
constexpr const char* add_sql =
    "WITH alone AS MATERIALIZED (SELECT pg_advisory_xact_lock('pool_keys'::regclass::oid::bigint))"
    " INSERT INTO pool_keys (key, claimed) SELECT key, $2::boolean"
    " FROM alone, unnest($1::text[]) WITH ORDINALITY AS t (key, place) ORDER BY place"
    " ON CONFLICT DO NOTHING RETURNING key";

std::vector<std::string> keys_of(Rows& rows) {
  std::vector<std::string> keys;
  while (rows.next())
    keys.emplace_back(rows.text(0));
  return keys;
}

}  // namespace

// An unknown outcome loses the keys, should they have been claimed: nobody else gets them.
Task<Result<std::vector<std::string>>> KeyPoolPostgres::claim(std::size_t count) {
  auto rows = co_await store_.pool().write(
      "UPDATE pool_keys SET claimed = true WHERE id IN (SELECT id FROM pool_keys WHERE NOT claimed ORDER BY id"
      " LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING key",
      count);
  if (rows.has_error()) co_return rows.error();
  co_return keys_of(*rows);
}

Task<Result<std::size_t>> KeyPoolPostgres::add(std::vector<std::string> keys) {
  const auto added = co_await store_.pool().write(add_sql, keys, false);
  if (added.has_error()) co_return added.error();
  co_return static_cast<std::size_t>(added->affected());
}

Task<Result<std::vector<std::string>>> KeyPoolPostgres::add_claimed(std::vector<std::string> keys) {
  auto rows = co_await store_.pool().write(add_sql, keys, true);
  if (rows.has_error()) co_return rows.error();
  co_return keys_of(*rows);
}

Task<Result<std::size_t>> KeyPoolPostgres::size() {
  auto rows = co_await store_.pool().read("SELECT count(*) FROM pool_keys WHERE NOT claimed");
  if (rows.has_error()) co_return rows.error();
  co_return rows->next() ? static_cast<std::size_t>(rows->integer(0)) : 0;
}

}  // namespace url_shortener
