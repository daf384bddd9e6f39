#include "cache_aside/invalidation_log_sqlite.h"

namespace cache_aside {

using common::Result;
using common::Task;
using common::TimePoint;
using common::sqlite::Database;

namespace {

std::vector<Invalidation> rows_of(common::sqlite::Rows rows) {
  std::vector<Invalidation> found;
  while (rows.next()) {
    found.push_back({static_cast<std::uint64_t>(rows.integer(0)), std::string(rows.text(1)),
                     static_cast<std::uint64_t>(rows.integer(2))});
  }
  return found;
}

}  // namespace

Task<Result<std::vector<Invalidation>>> InvalidationLogSqlite::pending(TimePoint before, std::size_t limit) {
  co_return store_.read([&](Database& database) {
    return rows_of(database.query(
        "SELECT id, key, version FROM invalidations WHERE settled = 0 AND at < ? ORDER BY at, id LIMIT ?", before,
        limit));
  });
}

Task<Result<void>> InvalidationLogSqlite::settle(std::vector<std::uint64_t> ids) {
  auto settled = co_await store_.writer().write([&](Database& database) {
    for (const std::uint64_t id : ids)
      database.run("UPDATE invalidations SET settled = 1 WHERE id = ?", id);
    return ids.size();
  });
  if (settled.has_error()) co_return settled.error();
  co_return Result<void>{};
}

Task<Result<std::vector<Invalidation>>> InvalidationLogSqlite::since(std::uint64_t after, std::size_t limit) {
  co_return store_.read([&](Database& database) {
    return rows_of(
        database.query("SELECT id, key, version FROM invalidations WHERE id > ? ORDER BY id LIMIT ?", after, limit));
  });
}

Task<Result<void>> InvalidationLogSqlite::postpone(std::vector<std::uint64_t> ids, TimePoint now) {
  auto postponed = co_await store_.writer().write([&](Database& database) {
    for (const std::uint64_t id : ids)
      database.run("UPDATE invalidations SET at = ? WHERE id = ? AND settled = 0", now, id);
    return ids.size();
  });
  if (postponed.has_error()) co_return postponed.error();
  co_return Result<void>{};
}

Task<Result<std::size_t>> InvalidationLogSqlite::forget(TimePoint before, std::size_t limit) {
  const auto old = store_.read([&](Database& database) {
    auto rows = database.query("SELECT 1 FROM invalidations WHERE settled = 1 AND at < ? LIMIT 1", before);
    return rows.next();
  });
  if (old.has_error()) co_return old.error();
  if (!*old) co_return std::size_t{0};
  co_return co_await store_.writer().write([&](Database& database) {
    const int forgotten = database.run(
        "DELETE FROM invalidations WHERE id IN"
        " (SELECT id FROM invalidations WHERE settled = 1 AND at < ? ORDER BY at LIMIT ?)",
        before, limit);
    return static_cast<std::size_t>(forgotten);
  });
}

}  // namespace cache_aside
