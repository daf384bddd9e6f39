#include "notifier/notification_rows_postgres.h"

namespace notifier::rows {

using common::Task;
using common::postgres::Rows;
using common::postgres::SqlResult;
using common::postgres::Transaction;

namespace {

std::optional<std::string> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Notification notification_of(const Rows& row) {
  Notification found;
  found.id = row.integer(0);
  found.kind = static_cast<Kind>(row.integer(1));
  found.audience = audience_of(row.text(2));
  found.category = row.text(3);
  found.title = row.text(4);
  found.body = row.text(5);
  found.channels = Channels(static_cast<std::uint8_t>(row.integer(6)));
  found.priority = static_cast<Priority>(row.integer(7));
  found.created_at = row.time(8);
  found.due_at = row.time(9);
  if (!row.is_null(10)) found.expires_at = row.time(10);
  if (!row.is_null(11)) found.collapse_key = row.text(11);
  if (!row.is_null(12)) found.traceparent = row.text(12);
  found.cancelled = row.integer(13) != 0;
  return found;
}

Task<SqlResult<bool>> insert_notification(Transaction& transaction, const Notification& n) {
  const bool for_one = n.audience.type == Audience::Type::user;
  const bool broadcast = n.kind == Kind::broadcast;
  const std::string audience = to_text(n.audience);
  const auto user = for_one ? or_null(n.audience.name) : std::nullopt;
  const auto inserted = co_await transaction.run(
      "INSERT INTO notifications (id, kind, audience, user_id, category, title, body, channels, priority, created_at,"
      " due_at, expires_at, collapse_key, traceparent)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING",
      n.id, static_cast<int>(n.kind), audience, user, n.category, n.title, n.body, static_cast<int>(n.channels.bits()),
      static_cast<int>(n.priority), n.created_at, n.due_at, n.expires_at, or_null(n.collapse_key),
      or_null(n.traceparent));
  if (inserted.has_error()) co_return inserted.error();
  if (inserted->affected() == 0) co_return false;
  const auto entry = co_await transaction.run(
      "INSERT INTO outbox (notification, broadcast, due_at) VALUES ($1, $2, $3)", n.id, broadcast ? 1 : 0, n.due_at);
  if (entry.has_error()) co_return entry.error();
  if (!broadcast) co_return true;
  const auto plan = co_await transaction.run("INSERT INTO plans (broadcast) VALUES ($1)", n.id);
  if (plan.has_error()) co_return plan.error();
  co_return true;
}

}  // namespace notifier::rows
