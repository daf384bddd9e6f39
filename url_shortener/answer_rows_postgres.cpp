#include "url_shortener/answer_rows_postgres.h"

namespace url_shortener::rows {

using common::TimePoint;
using common::postgres::Bytea;
using common::postgres::Rows;

namespace {

SqlResult<std::optional<IdempotentAnswer>> one_answer(SqlResult<Rows> rows, const std::string& scope,
                                                      const std::string& key) {
  if (rows.has_error()) return rows.error();
  if (!rows->next()) return std::optional<IdempotentAnswer>{};
  IdempotentAnswer answer;
  answer.scope = scope;
  answer.key = key;
  answer.request_hash = rows->bytes(0);
  answer.status = static_cast<int>(rows->integer(1));
  answer.headers = rows->text(2);
  answer.body = rows->bytes(3);
  return std::optional(std::move(answer));
}

}  // namespace

Outcome<std::optional<IdempotentAnswer>> find_answer(Pool& pool, const std::string& scope, const std::string& key,
                                                     TimePoint now) {
  co_return one_answer(co_await pool.read("SELECT request_hash, status, headers, body FROM idempotent_answers"
                                          " WHERE scope = $1 AND key = $2 AND created_at > $3",
                                          scope, key, now - answer_lifetime),
                       scope, key);
}

Outcome<std::optional<IdempotentAnswer>> keep_answer(Transaction& transaction, const IdempotentAnswer& answer,
                                                     TimePoint now) {
  const auto swept = co_await transaction.run(
      "DELETE FROM idempotent_answers WHERE (scope, key) IN (SELECT scope, key FROM idempotent_answers"
      " WHERE created_at <= $1 ORDER BY created_at LIMIT 2 FOR UPDATE SKIP LOCKED)",
      now - answer_lifetime);
  if (swept.has_error()) co_return swept.error();
  const auto kept = co_await transaction.run(
      "INSERT INTO idempotent_answers AS kept (scope, key, request_hash, status, headers, body, created_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (scope, key) DO UPDATE SET request_hash = "
      "excluded.request_hash,"
      " status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = excluded.created_at"
      " WHERE kept.created_at <= $8",
      answer.scope, answer.key, Bytea{answer.request_hash}, answer.status, answer.headers, Bytea{answer.body}, now,
      now - answer_lifetime);
  if (kept.has_error()) co_return kept.error();
  if (kept->affected() == 1) co_return std::optional<IdempotentAnswer>{};
  co_return one_answer(co_await transaction.run("SELECT request_hash, status, headers, body FROM idempotent_answers"
                                                " WHERE scope = $1 AND key = $2",
                                                answer.scope, answer.key),
                       answer.scope, answer.key);
}

Outcome<void> replace_answer(Transaction& transaction, const IdempotentAnswer& answer) {
  const auto replaced = co_await transaction.run(
      "UPDATE idempotent_answers SET status = $3, headers = $4, body = $5 WHERE scope = $1 AND key = $2", answer.scope,
      answer.key, answer.status, answer.headers, Bytea{answer.body});
  if (replaced.has_error()) co_return replaced.error();
  co_return SqlResult<void>{};
}

Outcome<void> forget_answer(Transaction& transaction, const IdempotentAnswer& answer) {
  const auto forgotten = co_await transaction.run("DELETE FROM idempotent_answers WHERE scope = $1 AND key = $2",
                                                  answer.scope, answer.key);
  if (forgotten.has_error()) co_return forgotten.error();
  co_return SqlResult<void>{};
}

namespace {

// A key's own row is not among the old ones that are swept beside it: a statement may touch a row once.
constexpr const char* bind_key_sql =
    "WITH swept AS (DELETE FROM bound_keys WHERE (scope, key) IN (SELECT scope, key FROM bound_keys"
    "               WHERE created_at <= $5 AND (scope, key) <> ($1, $2)"
    "               ORDER BY created_at LIMIT 2 FOR UPDATE SKIP LOCKED))"
    " INSERT INTO bound_keys AS known (scope, key, request_hash, created_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, created_at = excluded.created_at"
    " WHERE known.created_at <= $5 OR known.request_hash = excluded.request_hash";

constexpr const char* unbind_key_sql = "DELETE FROM bound_keys WHERE scope = $1 AND key = $2 AND request_hash = $3";

}  // namespace

Outcome<bool> bind_key(Pool& pool, const IdempotentAnswer& answer, TimePoint now) {
  const auto bound = co_await pool.write(bind_key_sql, answer.scope, answer.key, Bytea{answer.request_hash}, now,
                                         now - answer_lifetime);
  if (bound.has_error()) co_return bound.error();
  co_return bound->affected() == 1;
}

Outcome<bool> bind_key(Transaction& transaction, const IdempotentAnswer& answer, TimePoint now) {
  const auto bound = co_await transaction.run(bind_key_sql, answer.scope, answer.key, Bytea{answer.request_hash}, now,
                                              now - answer_lifetime);
  if (bound.has_error()) co_return bound.error();
  co_return bound->affected() == 1;
}

Outcome<void> unbind_key(Pool& pool, const IdempotentAnswer& answer) {
  const auto unbound = co_await pool.write(unbind_key_sql, answer.scope, answer.key, Bytea{answer.request_hash});
  if (unbound.has_error()) co_return unbound.error();
  co_return SqlResult<void>{};
}

Outcome<void> unbind_key(Transaction& transaction, const IdempotentAnswer& answer) {
  const auto unbound = co_await transaction.run(unbind_key_sql, answer.scope, answer.key, Bytea{answer.request_hash});
  if (unbound.has_error()) co_return unbound.error();
  co_return SqlResult<void>{};
}

}  // namespace url_shortener::rows
