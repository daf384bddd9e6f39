#include "notifier/notification_rows_sqlite.h"

namespace notifier::rows {

using common::sqlite::Database;

namespace {

std::optional<std::string> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::optional<Notification> find_notification(Database& database, NotificationId id) {
  auto row = database.query(
      "SELECT kind, audience, category, title, body, channels, priority, created_at, due_at, expires_at, collapse_key,"
      " traceparent, cancelled FROM notifications WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  Notification found;
  found.id = id;
  found.kind = static_cast<Kind>(row.integer(0));
  found.audience = audience_of(row.text(1));
  found.category = row.text(2);
  found.title = row.text(3);
  found.body = row.text(4);
  found.channels = Channels(static_cast<std::uint8_t>(row.integer(5)));
  found.priority = static_cast<Priority>(row.integer(6));
  found.created_at = row.time(7);
  found.due_at = row.time(8);
  if (!row.is_null(9)) found.expires_at = row.time(9);
  if (!row.is_null(10)) found.collapse_key = row.text(10);
  if (!row.is_null(11)) found.traceparent = row.text(11);
  found.cancelled = row.integer(12) != 0;
  return found;
}

bool insert_notification(Database& database, const Notification& n) {
  const bool for_one = n.audience.type == Audience::Type::user;
  return database.run(
             "INSERT INTO notifications (id, kind, audience, user, category, title, body, channels, priority,"
             " created_at, due_at, expires_at, collapse_key, traceparent)"
             " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
             n.id, static_cast<int>(n.kind), to_text(n.audience), for_one ? or_null(n.audience.name) : std::nullopt,
             n.category, n.title, n.body, static_cast<int>(n.channels.bits()), static_cast<int>(n.priority),
             n.created_at, n.due_at, n.expires_at, or_null(n.collapse_key), or_null(n.traceparent)) == 1;
}

void insert_outbox(Database& database, const Notification& notification) {
  const bool broadcast = notification.kind == Kind::broadcast;
  database.run("INSERT INTO outbox (notification, broadcast, due_at) VALUES (?, ?, ?)", notification.id,
               broadcast ? 1 : 0, notification.due_at);
  if (broadcast) database.run("INSERT OR IGNORE INTO plans (broadcast) VALUES (?)", notification.id);
}

}  // namespace notifier::rows
