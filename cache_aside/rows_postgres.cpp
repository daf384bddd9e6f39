#include "cache_aside/rows_postgres.h"

namespace cache_aside::rows {

using common::Task;
using common::TimePoint;
using common::postgres::Rows;

namespace {

IdempotentAnswer answer_of(const Rows& rows, std::string_view scope, std::string_view key) {
  return {std::string(scope),        std::string(key),
          std::string(rows.text(0)), static_cast<int>(rows.integer(1)),
          std::string(rows.text(2)), std::string(rows.text(3))};
}

}  // namespace

Task<SqlResult<std::optional<IdempotentAnswer>>> claim(Transaction& transaction, std::string_view scope,
                                                       std::string_view key, std::string_view request_hash,
                                                       TimePoint now) {
  const TimePoint too_old = now - answer_lifetime;
  const auto forgotten = co_await transaction.run(
      "DELETE FROM idempotent_answers WHERE (scope, key) IN (SELECT scope, key FROM idempotent_answers"
      " WHERE created_at <= $1 ORDER BY created_at LIMIT 2 FOR UPDATE SKIP LOCKED)",
      too_old);
  if (forgotten.has_error()) co_return forgotten.error();
  const auto claimed = co_await transaction.run(
      "INSERT INTO idempotent_answers AS kept (scope, key, request_hash, status, headers, body, created_at)"
      " VALUES ($1, $2, $3, 0, '', '', $4) ON CONFLICT (scope, key) DO UPDATE"
      " SET request_hash = excluded.request_hash, created_at = excluded.created_at WHERE kept.created_at <= $5",
      scope, key, request_hash, now, too_old);
  if (claimed.has_error()) co_return claimed.error();
  if (claimed->affected() == 1) co_return std::optional<IdempotentAnswer>();
  auto rows = co_await transaction.run(
      "SELECT request_hash, status, headers, body FROM idempotent_answers WHERE scope = $1 AND key = $2", scope, key);
  if (rows.has_error()) co_return rows.error();
  if (!rows->next()) co_return std::optional<IdempotentAnswer>();
  co_return std::optional<IdempotentAnswer>(answer_of(*rows, scope, key));
}

Task<SqlResult<void>> fill_in(Transaction& transaction, const IdempotentAnswer& answer) {
  const auto filled = co_await transaction.run(
      "UPDATE idempotent_answers SET status = $3, headers = $4, body = $5 WHERE scope = $1 AND key = $2", answer.scope,
      answer.key, answer.status, answer.headers, answer.body);
  if (filled.has_error()) co_return filled.error();
  co_return SqlResult<void>{};
}

Task<SqlResult<void>> give_back(Transaction& transaction, std::string_view scope, std::string_view key) {
  const auto deleted =
      co_await transaction.run("DELETE FROM idempotent_answers WHERE scope = $1 AND key = $2", scope, key);
  if (deleted.has_error()) co_return deleted.error();
  co_return SqlResult<void>{};
}

}  // namespace cache_aside::rows
