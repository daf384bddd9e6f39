#include "cache_aside/invalidation_log_postgres.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;

namespace {

Result<std::vector<Invalidation>> rows_of(common::postgres::SqlResult<common::postgres::Rows> rows) {
  if (rows.has_error()) return rows.error();
  std::vector<Invalidation> found;
  while (rows->next()) {
    found.push_back({static_cast<std::uint64_t>(rows->integer(0)), std::string(rows->text(1)),
                     static_cast<std::uint64_t>(rows->integer(2))});
  }
  return found;
}

}  // namespace

Task<Result<std::vector<Invalidation>>> InvalidationLogPostgres::pending(TimePoint before, std::size_t limit) {
  co_return rows_of(co_await store_.pool().read(
      "SELECT id, key, version FROM invalidations WHERE NOT settled AND at < $1 ORDER BY at, id LIMIT $2", before,
      limit));
}

Task<Result<void>> InvalidationLogPostgres::settle(std::vector<std::uint64_t> ids) {
  const auto settled =
      co_await store_.pool().write("UPDATE invalidations SET settled = true WHERE id = ANY($1::bigint[])", ids);
  if (settled.has_error()) co_return settled.error();
  co_return Result<void>{};
}

Task<Result<std::vector<Invalidation>>> InvalidationLogPostgres::since(std::uint64_t after, std::size_t limit) {
  co_return rows_of(co_await store_.pool().read(
      "SELECT id, key, version FROM invalidations WHERE id > $1 ORDER BY id LIMIT $2", after, limit));
}

Task<Result<void>> InvalidationLogPostgres::postpone(std::vector<std::uint64_t> ids, TimePoint now) {
  const auto postponed = co_await store_.pool().write(
      "UPDATE invalidations SET at = $2 WHERE id = ANY($1::bigint[]) AND NOT settled", ids, now);
  if (postponed.has_error()) co_return postponed.error();
  co_return Result<void>{};
}

Task<Result<std::size_t>> InvalidationLogPostgres::forget(TimePoint before, std::size_t limit) {
  const auto forgotten = co_await store_.pool().write(
      "DELETE FROM invalidations WHERE id IN (SELECT id FROM invalidations WHERE settled AND at < $1 ORDER BY at"
      " LIMIT $2 FOR UPDATE SKIP LOCKED)",
      before, limit);
  if (forgotten.has_error()) co_return forgotten.error();
  co_return static_cast<std::size_t>(forgotten->affected());
}

}  // namespace cache_aside
