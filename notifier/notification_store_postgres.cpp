#include "notifier/notification_store_postgres.h"

#include <algorithm>

#include "notifier/delivery.h"
#include "notifier/fault_points.h"
#include "notifier/notification_rows_postgres.h"

namespace notifier {

using common::Error;
using common::Failure;
using common::Result;
using common::Task;
using common::TimePoint;
using common::postgres::Rows;
using common::postgres::SqlResult;
using common::postgres::Transaction;

namespace {

#define ANSWER_COLUMNS "request_hash, status, headers, body"

IdempotentAnswer answer_of(const Rows& row, const std::string& scope, const std::string& key) {
  return {.scope = scope,
          .key = key,
          .request_hash = std::string(row.text(0)),
          .status = static_cast<int>(row.integer(1)),
          .headers = std::string(row.text(2)),
          .body = std::string(row.text(3))};
}

// The answer is written first: of two requests with one key the second waits for the first's transaction.
Task<Result<AcceptOutcome>> accept_in(Transaction& transaction, const Notification& notification,
                                      const std::optional<IdempotentAnswer>& answer) {
  if (answer) {
    const TimePoint oldest = notification.created_at - answer_lifetime;
    const auto kept = co_await transaction.run(
        "INSERT INTO idempotent_answers VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (scope, key) DO UPDATE"
        " SET request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers,"
        " body = excluded.body, created_at = excluded.created_at WHERE idempotent_answers.created_at <= $8",
        answer->scope, answer->key, answer->request_hash, answer->status, answer->headers, answer->body,
        notification.created_at, oldest);
    if (kept.has_error()) co_return kept.error();
    if (kept->affected() == 0) {
      auto row =
          co_await transaction.run("SELECT " ANSWER_COLUMNS " FROM idempotent_answers WHERE scope = $1 AND key = $2",
                                   answer->scope, answer->key);
      if (row.has_error()) co_return row.error();
      row->next();
      if (row->text(0) != answer->request_hash) co_return AcceptOutcome{KeyReused{}};
      co_return AcceptOutcome{Replayed{answer_of(*row, answer->scope, answer->key)}};
    }
  }
  const auto inserted = co_await rows::insert_notification(transaction, notification);
  if (inserted.has_error()) co_return inserted.error();
  if (!*inserted) co_return Error{Failure::unavailable, "two notifications have one id"};
  faults::reach("accept.before_commit");
  co_return AcceptOutcome{Accepted{}};
}

Task<Result<bool>> checkpoint_in(Transaction& transaction, const OutboxEntry& entry, const std::string& cursor,
                                 std::int64_t planned, bool last, TimePoint lease_until) {
  const auto held =
      co_await transaction.run("UPDATE outbox SET place = $3, claimed_until = $4 WHERE id = $1 AND claim = $2",
                               entry.id, entry.claim, cursor, lease_until);
  if (held.has_error()) co_return held.error();
  if (held->affected() == 0) co_return false;
  if (last) {
    const auto removed = co_await transaction.run("DELETE FROM outbox WHERE id = $1", entry.id);
    if (removed.has_error()) co_return removed.error();
  }
  const auto counted =
      co_await transaction.run("UPDATE plans SET planned = planned + $2, complete = $3 WHERE broadcast = $1",
                               entry.notification, planned, last ? 1 : 0);
  if (counted.has_error()) co_return counted.error();
  co_return true;
}

Task<Result<bool>> cancel_in(Transaction& transaction, NotificationId id, TimePoint now) {
  const auto marked = co_await transaction.run("UPDATE notifications SET cancelled = 1 WHERE id = $1", id);
  if (marked.has_error()) co_return marked.error();
  if (marked->affected() == 0) co_return false;
  const auto outbox = co_await transaction.run("DELETE FROM outbox WHERE notification = $1 AND user_id = ''", id);
  if (outbox.has_error()) co_return outbox.error();
  const auto plan = co_await transaction.run("UPDATE plans SET complete = 1 WHERE broadcast = $1", id);
  if (plan.has_error()) co_return plan.error();
  if (plan->affected() > 0) co_return true;
  const auto written = co_await transaction.run(
      "INSERT INTO deliveries (notification, user_id, channel, state, attempt, part, updated_at, reason)"
      " SELECT id, user_id, channel, $2, 0, 0, $3, 'cancelled' FROM notifications, generate_series(0, 4) AS channel"
      " WHERE id = $1 AND (channels >> channel) & 1 = 1"
      " ON CONFLICT (notification, user_id, channel) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
      " next_at = NULL, updated_at = excluded.updated_at WHERE deliveries.state IN (0, 3)",
      id, static_cast<int>(State::cancelled), now);
  if (written.has_error()) co_return written.error();
  co_return true;
}

Result<void> nothing(const SqlResult<Rows>& rows) {
  if (rows.has_error()) return rows.error();
  return {};
}

}  // namespace

Task<Result<AcceptOutcome>> NotificationStorePostgres::accept(Notification notification,
                                                              std::optional<IdempotentAnswer> answer) {
  auto outcome = co_await store_.pool().transaction([&](Transaction& t) { return accept_in(t, notification, answer); });
  if (outcome.has_value()) faults::reach("accept.after_commit");
  co_return outcome;
}

Task<Result<std::optional<IdempotentAnswer>>> NotificationStorePostgres::find_answer(std::string scope, std::string key,
                                                                                     TimePoint now) {
  auto row = co_await store_.pool().read("SELECT " ANSWER_COLUMNS
                                         " FROM idempotent_answers WHERE scope = $1 AND key = $2 AND created_at > $3",
                                         scope, key, now - answer_lifetime);
  if (row.has_error()) co_return row.error();
  if (!row->next()) co_return std::optional<IdempotentAnswer>{};
  co_return std::optional(answer_of(*row, scope, key));
}

Task<Result<std::optional<Notification>>> NotificationStorePostgres::find(NotificationId id) {
  auto row = co_await store_.pool().read(rows::select_notification, id);
  if (row.has_error()) co_return row.error();
  if (!row->next()) co_return std::optional<Notification>{};
  co_return std::optional(rows::notification_of(*row));
}

Task<Result<std::vector<OutboxEntry>>> NotificationStorePostgres::take(bool broadcasts, std::size_t limit,
                                                                       TimePoint now, std::chrono::milliseconds lease) {
  auto rows = co_await store_.pool().write(
      "UPDATE outbox SET claim = claim + 1, claimed_until = $1 WHERE id IN (SELECT id FROM outbox WHERE broadcast = $2"
      " AND due_at <= $3 AND claimed_until <= $3 ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)"
      " RETURNING id, notification, claim, place, user_id, channels",
      now + lease, broadcasts ? 1 : 0, now, limit);
  if (rows.has_error()) co_return rows.error();
  std::vector<OutboxEntry> taken;
  while (rows->next()) {
    taken.push_back({.id = rows->integer(0),
                     .notification = rows->integer(1),
                     .claim = rows->integer(2),
                     .cursor = std::string(rows->text(3)),
                     .user = std::string(rows->text(4)),
                     .channels = Channels(static_cast<std::uint8_t>(rows->integer(5)))});
  }
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  co_return taken;
}

Task<Result<void>> NotificationStorePostgres::done(std::vector<OutboxEntry> entries) {
  std::vector<std::int64_t> ids, claims;
  for (const auto& entry : entries) {
    ids.push_back(entry.id);
    claims.push_back(entry.claim);
  }
  co_return nothing(
      co_await store_.pool().write("DELETE FROM outbox USING unnest($1::bigint[], $2::bigint[]) AS done (id, claim)"
                                   " WHERE outbox.id = done.id AND outbox.claim = done.claim",
                                   ids, claims));
}

Task<Result<void>> NotificationStorePostgres::put_back(std::vector<OutboxEntry> entries, TimePoint when) {
  std::vector<std::int64_t> ids, claims;
  for (const auto& entry : entries) {
    ids.push_back(entry.id);
    claims.push_back(entry.claim);
  }
  co_return nothing(co_await store_.pool().write(
      "UPDATE outbox SET claimed_until = $3 FROM unnest($1::bigint[], $2::bigint[]) AS back (id, claim)"
      " WHERE outbox.id = back.id AND outbox.claim = back.claim",
      ids, claims, when));
}

Task<Result<std::optional<Plan>>> NotificationStorePostgres::plan(NotificationId broadcast) {
  auto row =
      co_await store_.pool().read("SELECT audience, planned, complete FROM plans WHERE broadcast = $1", broadcast);
  if (row.has_error()) co_return row.error();
  if (!row->next()) co_return std::optional<Plan>{};
  co_return std::optional(Plan{row->integer(0), row->integer(1), row->integer(2) != 0});
}

Task<Result<void>> NotificationStorePostgres::begin_plan(NotificationId broadcast, std::int64_t audience) {
  co_return nothing(
      co_await store_.pool().write("UPDATE plans SET audience = $2 WHERE broadcast = $1", broadcast, audience));
}

Task<Result<bool>> NotificationStorePostgres::checkpoint(OutboxEntry entry, std::string cursor, std::int64_t planned,
                                                         bool last, TimePoint lease_until) {
  co_return co_await store_.pool().transaction(
      [&](Transaction& t) { return checkpoint_in(t, entry, cursor, planned, last, lease_until); });
}

Task<Result<bool>> NotificationStorePostgres::cancel(NotificationId id, TimePoint now) {
  co_return co_await store_.pool().transaction([&](Transaction& t) { return cancel_in(t, id, now); });
}

Task<Result<std::vector<NotificationId>>> NotificationStorePostgres::superseded(std::vector<NotificationId> ids) {
  auto rows = co_await store_.pool().read(
      "SELECT id FROM notifications AS mine WHERE id = ANY($1) AND collapse_key IS NOT NULL AND EXISTS"
      " (SELECT 1 FROM notifications AS newer WHERE newer.user_id = mine.user_id"
      " AND newer.collapse_key = mine.collapse_key AND newer.id > mine.id AND newer.cancelled = 0) ORDER BY id",
      ids);
  if (rows.has_error()) co_return rows.error();
  std::vector<NotificationId> old;
  while (rows->next())
    old.push_back(rows->integer(0));
  co_return old;
}

}  // namespace notifier
