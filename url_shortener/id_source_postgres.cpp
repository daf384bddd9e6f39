#include "url_shortener/id_source_postgres.h"

namespace url_shortener {

using common::Error;
using common::Failure;
using common::Result;
using common::Task;
using common::postgres::Bytea;

// An unknown outcome loses the block, should it have been leased: nobody else gets it.
Task<Result<IdBlock>> IdSourcePostgres::lease(std::uint64_t count) {
  auto rows =
      co_await store_.pool().write("UPDATE counters SET next = next + $1 WHERE name = 'link' RETURNING next", count);
  if (rows.has_error()) co_return rows.error();
  if (!rows->next()) co_return Error{Failure::internal, "the link counter is missing"};
  co_return IdBlock{static_cast<std::uint64_t>(rows->integer(0)) - count, count};
}

Task<Result<std::string>> IdSourcePostgres::permutation_key() {
  const std::string proposal = make_permutation_key();  // the first one proposed is kept
  const auto proposed = co_await store_.pool().write(
      "INSERT INTO secrets VALUES ('permutation_key', $1) ON CONFLICT DO NOTHING", Bytea{proposal});
  if (proposed.has_error()) co_return proposed.error();
  auto rows = co_await store_.pool().read("SELECT value FROM secrets WHERE name = 'permutation_key'");
  if (rows.has_error()) co_return rows.error();
  if (!rows->next()) co_return Error{Failure::internal, "the permutation key is missing"};
  co_return rows->bytes(0);
}

}  // namespace url_shortener
