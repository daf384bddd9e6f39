#include "notifier/notification_store_sqlite.h"

#include "notifier/delivery.h"
#include "notifier/fault_points.h"
#include "notifier/notification_rows_sqlite.h"

namespace notifier {

using common::Result;
using common::Task;
using common::TimePoint;
using common::sqlite::Blob;
using common::sqlite::Database;

namespace {

std::optional<IdempotentAnswer> find_kept(Database& database, const std::string& scope, const std::string& key,
                                          TimePoint now) {
  auto row = database.query(
      "SELECT request_hash, status, headers, body FROM idempotent_answers WHERE scope = ? AND key = ? AND created_at > "
      "?",
      scope, key, now - answer_lifetime);
  if (!row.next()) return std::nullopt;
  return IdempotentAnswer{.scope = scope,
                          .key = key,
                          .request_hash = std::string(row.blob(0)),
                          .status = static_cast<int>(row.integer(1)),
                          .headers = std::string(row.text(2)),
                          .body = std::string(row.blob(3))};
}

// Two that are too old go for each one kept, so they never pile up.
void keep(Database& database, const IdempotentAnswer& answer, TimePoint now) {
  database.run(
      "DELETE FROM idempotent_answers WHERE rowid IN"
      " (SELECT rowid FROM idempotent_answers WHERE created_at <= ? ORDER BY created_at LIMIT 2)",
      now - answer_lifetime);
  database.run("INSERT OR REPLACE INTO idempotent_answers VALUES (?, ?, ?, ?, ?, ?, ?)", answer.scope, answer.key,
               Blob{answer.request_hash}, answer.status, answer.headers, Blob{answer.body}, now);
}

AcceptOutcome accept_now(Database& database, const Notification& notification,
                         const std::optional<IdempotentAnswer>& answer) {
  if (answer) {
    if (auto kept = find_kept(database, answer->scope, answer->key, notification.created_at)) {
      if (kept->request_hash != answer->request_hash) return KeyReused{};
      return Replayed{std::move(*kept)};
    }
  }
  if (!rows::insert_notification(database, notification)) throw std::runtime_error("two notifications have one id");
  rows::insert_outbox(database, notification);
  if (answer) keep(database, *answer, notification.created_at);
  faults::reach("accept.before_commit");
  return Accepted{};
}

std::vector<OutboxEntry> take_now(Database& database, bool broadcasts, std::size_t limit, TimePoint now,
                                  TimePoint until) {
  std::vector<OutboxEntry> taken;
  auto row = database.query(
      "UPDATE outbox SET claim = claim + 1, claimed_until = ? WHERE id IN"
      " (SELECT id FROM outbox WHERE broadcast = ? AND due_at <= ? AND claimed_until <= ? ORDER BY due_at, id LIMIT ?)"
      " RETURNING id, notification, claim, cursor, user, channels",
      until, broadcasts ? 1 : 0, now, now, limit);
  while (row.next()) {
    taken.push_back({.id = row.integer(0),
                     .notification = row.integer(1),
                     .claim = row.integer(2),
                     .cursor = std::string(row.text(3)),
                     .user = std::string(row.text(4)),
                     .channels = Channels(static_cast<std::uint8_t>(row.integer(5)))});
  }
  return taken;
}

bool checkpoint_now(Database& database, const OutboxEntry& entry, const std::string& cursor, std::int64_t planned,
                    bool last, TimePoint lease_until) {
  const int held = last ? database.run("DELETE FROM outbox WHERE id = ? AND claim = ?", entry.id, entry.claim)
                        : database.run("UPDATE outbox SET cursor = ?, claimed_until = ? WHERE id = ? AND claim = ?",
                                       cursor, lease_until, entry.id, entry.claim);
  if (held == 0) return false;
  database.run("UPDATE plans SET planned = planned + ?, complete = ? WHERE broadcast = ?", planned, last ? 1 : 0,
               entry.notification);
  return true;
}

bool cancel_now(Database& database, NotificationId id, TimePoint now) {
  const auto found = rows::find_notification(database, id);
  if (!found) return false;
  database.run("UPDATE notifications SET cancelled = 1 WHERE id = ?", id);
  if (found->kind == Kind::broadcast) {
    database.run("DELETE FROM outbox WHERE notification = ?", id);
    database.run("UPDATE plans SET complete = 1 WHERE broadcast = ?", id);
    return true;
  }
  for (const Channel channel : all_channels) {
    if (!found->channels.has(channel)) continue;
    database.run(
        "INSERT INTO deliveries (notification, user, channel, state, attempt, partition, updated_at, reason)"
        " VALUES (?, ?, ?, ?, 0, 0, ?, 'cancelled') ON CONFLICT DO UPDATE SET state = excluded.state,"
        " reason = excluded.reason, next_at = NULL, updated_at = excluded.updated_at WHERE state IN (0, 3)",
        id, found->audience.name, static_cast<int>(channel), static_cast<int>(State::cancelled), now);
  }
  database.run("DELETE FROM outbox WHERE notification = ? AND user = ''", id);
  return true;
}

}  // namespace

Task<Result<AcceptOutcome>> NotificationStoreSqlite::accept(Notification notification,
                                                            std::optional<IdempotentAnswer> answer) {
  auto outcome =
      co_await store_.writer().write([&](Database& database) { return accept_now(database, notification, answer); });
  faults::reach("accept.after_commit");
  co_return outcome;
}

Task<Result<std::optional<IdempotentAnswer>>> NotificationStoreSqlite::find_answer(std::string scope, std::string key,
                                                                                   TimePoint now) {
  co_return store_.read([&](Database& database) { return find_kept(database, scope, key, now); });
}

Task<Result<std::optional<Notification>>> NotificationStoreSqlite::find(NotificationId id) {
  co_return store_.read([&](Database& database) { return rows::find_notification(database, id); });
}

Task<Result<std::vector<OutboxEntry>>> NotificationStoreSqlite::take(bool broadcasts, std::size_t limit, TimePoint now,
                                                                     std::chrono::milliseconds lease) {
  // Asked often, and mostly there is nothing: a read says so without a commit.
  const auto any = store_.read([&](Database& database) {
    return database
        .query("SELECT 1 FROM outbox WHERE broadcast = ? AND due_at <= ? AND claimed_until <= ? LIMIT 1",
               broadcasts ? 1 : 0, now, now)
        .next();
  });
  if (any.has_error()) co_return any.error();
  if (!*any) co_return std::vector<OutboxEntry>{};
  co_return co_await store_.writer().write(
      [&](Database& database) { return take_now(database, broadcasts, limit, now, now + lease); });
}

Task<Result<void>> NotificationStoreSqlite::done(std::vector<OutboxEntry> entries) {
  co_return co_await store_.writer().write([&](Database& database) {
    for (const auto& entry : entries)
      database.run("DELETE FROM outbox WHERE id = ? AND claim = ?", entry.id, entry.claim);
  });
}

Task<Result<void>> NotificationStoreSqlite::put_back(std::vector<OutboxEntry> entries, TimePoint when) {
  co_return co_await store_.writer().write([&](Database& database) {
    for (const auto& entry : entries) {
      database.run("UPDATE outbox SET claimed_until = ? WHERE id = ? AND claim = ?", when, entry.id, entry.claim);
    }
  });
}

Task<Result<std::optional<Plan>>> NotificationStoreSqlite::plan(NotificationId broadcast) {
  co_return store_.read([&](Database& database) -> std::optional<Plan> {
    auto row = database.query("SELECT audience, planned, complete FROM plans WHERE broadcast = ?", broadcast);
    if (!row.next()) return std::nullopt;
    return Plan{row.integer(0), row.integer(1), row.integer(2) != 0};
  });
}

Task<Result<void>> NotificationStoreSqlite::begin_plan(NotificationId broadcast, std::int64_t audience) {
  co_return co_await store_.writer().write([&](Database& database) {
    database.run("UPDATE plans SET audience = ? WHERE broadcast = ?", audience, broadcast);
  });
}

Task<Result<bool>> NotificationStoreSqlite::checkpoint(OutboxEntry entry, std::string cursor, std::int64_t planned,
                                                       bool last, TimePoint lease_until) {
  co_return co_await store_.writer().write(
      [&](Database& database) { return checkpoint_now(database, entry, cursor, planned, last, lease_until); });
}

Task<Result<bool>> NotificationStoreSqlite::cancel(NotificationId id, TimePoint now) {
  co_return co_await store_.writer().write([&](Database& database) { return cancel_now(database, id, now); });
}

Task<Result<std::vector<NotificationId>>> NotificationStoreSqlite::superseded(std::vector<NotificationId> ids) {
  co_return store_.read([&](Database& database) {
    std::vector<NotificationId> old;
    for (const auto id : ids) {
      auto row = database.query(
          "SELECT 1 FROM notifications AS mine JOIN notifications AS newer"
          " ON newer.user = mine.user AND newer.collapse_key = mine.collapse_key AND newer.id > mine.id"
          " WHERE mine.id = ? AND mine.collapse_key IS NOT NULL AND newer.cancelled = 0 LIMIT 1",
          id);
      if (row.next()) old.push_back(id);
    }
    return old;
  });
}

}  // namespace notifier
