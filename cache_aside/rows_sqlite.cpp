#include "cache_aside/rows_sqlite.h"

namespace cache_aside::rows {

using common::TimePoint;

std::optional<IdempotentAnswer> find_answer(Database& database, std::string_view scope, std::string_view key,
                                            TimePoint now) {
  auto rows = database.query(
      "SELECT request_hash, status, headers, body FROM idempotent_answers"
      " WHERE scope = ? AND key = ? AND created_at > ?",
      scope, key, now - answer_lifetime);
  if (!rows.next()) return std::nullopt;
  return IdempotentAnswer{std::string(scope),        std::string(key),
                          std::string(rows.text(0)), static_cast<int>(rows.integer(1)),
                          std::string(rows.text(2)), std::string(rows.text(3))};
}

void keep_answer(Database& database, const IdempotentAnswer& answer, TimePoint now) {
  database.run(
      "DELETE FROM idempotent_answers WHERE rowid IN (SELECT rowid FROM idempotent_answers"
      " WHERE created_at <= ? ORDER BY created_at LIMIT 2)",
      now - answer_lifetime);
  database.run(
      "INSERT OR REPLACE INTO idempotent_answers (scope, key, request_hash, status, headers, body, created_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?)",
      answer.scope, answer.key, answer.request_hash, answer.status, answer.headers, answer.body, now);
}

std::uint64_t note(Database& database, std::string_view key, std::uint64_t version, TimePoint now) {
  database.run("INSERT INTO invalidations (key, version, at) VALUES (?, ?, ?)", key, version, now);
  return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database.handle()));
}

}  // namespace cache_aside::rows
