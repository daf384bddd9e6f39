#include "notifier/ledger_sqlite.h"

#include "notifier/fault_points.h"
#include "notifier/ledger_rows_sqlite.h"
#include "notifier/notification_rows_sqlite.h"

namespace notifier {

using common::Result;
using common::Task;
using common::TimePoint;
using common::sqlite::Database;

namespace {

Claim claim_now(Database& database, int partition) {
  Claim claim;
  {
    auto row = database.query(
        "INSERT INTO positions VALUES (?, 1, 0) ON CONFLICT DO UPDATE SET generation = generation + 1"
        " RETURNING generation, next_offset",
        partition);
    row.next();
    claim.generation = row.integer(0);
    claim.next_offset = row.integer(1);
  }
  auto row = database.query(
      "SELECT notification, user, channel, attempt FROM deliveries WHERE partition = ? AND state = 1", partition);
  while (row.next()) {
    claim.stranded.push_back({{row.integer(0), std::string(row.text(1)), static_cast<Channel>(row.integer(2))},
                              static_cast<std::uint32_t>(row.integer(3))});
  }
  return claim;
}

Begun begin_now(Database& database, const Position& position, const std::vector<Proposal>& proposals, TimePoint now) {
  Begun begun;
  const int mine =
      database.run("UPDATE positions SET next_offset = max(next_offset, ?) WHERE partition = ? AND generation = ?",
                   position.next_offset, position.partition, position.generation);
  begun.fenced = mine == 0;
  begun.attempts.assign(proposals.size(), 0);
  if (begun.fenced) return begun;
  rows::Tallies tallies;
  for (std::size_t i = 0; i < proposals.size(); ++i)
    begun.attempts[i] = rows::begin_row(database, position, proposals[i], now, tallies);
  tallies.write(database);
  return begun;
}

std::size_t finish_now(Database& database, const std::vector<Finish>& outcomes, TimePoint now) {
  std::size_t written = 0;
  rows::Tallies tallies;
  for (const auto& outcome : outcomes)
    written += rows::finish_row(database, outcome, now, tallies) ? 1 : 0;
  tallies.write(database);
  return written;
}

bool redrive_now(Database& database, std::int64_t dead_letter, TimePoint now) {
  DeliveryId id;
  {
    auto row =
        database.query("DELETE FROM dead_letters WHERE id = ? RETURNING notification, user, channel", dead_letter);
    if (!row.next()) return false;
    id = {row.integer(0), std::string(row.text(1)), static_cast<Channel>(row.integer(2))};
  }
  State from{};
  std::uint32_t attempt = 0;
  {
    auto row =
        database.query("SELECT state, attempt FROM deliveries WHERE notification = ? AND user = ? AND channel = ?",
                       id.notification, id.user, static_cast<int>(id.channel));
    if (!row.next()) return false;
    from = static_cast<State>(row.integer(0));
    attempt = static_cast<std::uint32_t>(row.integer(1));
  }
  if (!may_follow(from, State::attempting)) return false;
  database.run(
      "UPDATE deliveries SET state = ?, next_at = ?, updated_at = ? WHERE notification = ? AND user = ? AND channel = "
      "?",
      static_cast<int>(State::retrying), now, now, id.notification, id.user, static_cast<int>(id.channel));
  database.run("INSERT INTO outbox (notification, broadcast, due_at, user, channels) VALUES (?, 0, ?, ?, ?)",
               id.notification, now, id.user, static_cast<int>(only(id.channel).bits()));
  rows::add_history(database, {id, State::retrying, attempt, "redriven", now});
  const auto notification = rows::find_notification(database, id.notification);
  rows::Tallies tallies;
  if (notification && notification->kind == Kind::broadcast) tallies.move(id.notification, from, State::retrying);
  tallies.write(database);
  return true;
}

std::vector<std::string> titles_of(Database& database, NotificationId digest) {
  std::vector<std::string> titles;
  auto row = database.query(
      "SELECT title FROM digest_items JOIN notifications ON notifications.id = notification WHERE digest = ?"
      " ORDER BY notification LIMIT ?",
      digest, digest_titles_max);
  while (row.next())
    titles.emplace_back(row.text(0));
  return titles;
}

std::vector<DigestKey> due_digests(Database& database, TimePoint now, std::size_t limit) {
  std::vector<DigestKey> due;
  auto row = database.query(
      "SELECT user, channel, category, closes_at FROM digests WHERE closed = 0 AND closes_at <= ? ORDER BY closes_at "
      "LIMIT ?",
      now, limit);
  while (row.next()) {
    due.push_back(
        {std::string(row.text(0)), static_cast<Channel>(row.integer(1)), std::string(row.text(2)), row.time(3)});
  }
  return due;
}

std::size_t close_now(Database& database, TimePoint now, std::size_t limit) {
  const auto due = due_digests(database, now, limit);
  rows::Tallies tallies;
  for (const auto& key : due) {
    const auto id = digest_id(key);
    const std::size_t items = rows::drop_cancelled_items(database, id, key, now, tallies);
    auto digest = make_digest(key, titles_of(database, id), items, now);
    if (faults::has(faults::Bug::digest_merge)) {  // a new id each time, and closed in a step of its own
      digest.id = make_notification_id(now, static_cast<std::uint64_t>(id) << 1);
      database.run(
          "INSERT OR IGNORE INTO digest_items SELECT ?, notification, in_broadcast FROM digest_items"
          " WHERE digest = ?",
          digest.id, id);
    } else {
      database.run("UPDATE digests SET closed = 1 WHERE id = ?", id);
    }
    if (items > 0 && rows::insert_notification(database, digest)) rows::insert_outbox(database, digest);
  }
  tallies.write(database);
  return due.size();
}

}  // namespace

Task<Result<Claim>> LedgerSqlite::claim(int partition) {
  co_return co_await store_.writer().write([&](Database& database) { return claim_now(database, partition); });
}

Task<Result<Begun>> LedgerSqlite::begin(Position position, std::vector<Proposal> proposals, TimePoint now) {
  co_return co_await store_.writer().write(
      [&](Database& database) { return begin_now(database, position, proposals, now); });
}

Task<Result<std::size_t>> LedgerSqlite::finish(std::vector<Finish> outcomes, TimePoint now) {
  co_return co_await store_.writer().write([&](Database& database) { return finish_now(database, outcomes, now); });
}

Task<Result<Tally>> LedgerSqlite::tally(NotificationId broadcast) {
  co_return store_.read([&](Database& database) {
    Tally tally;
    auto row = database.query("SELECT state, rows FROM tallies WHERE notification = ?", broadcast);
    while (row.next()) {
      const auto state = static_cast<std::size_t>(row.integer(0));
      (state < state_count ? tally.rows[state] : tally.repeated_in_doubt) = row.integer(1);
    }
    return tally;
  });
}

Task<Result<std::vector<Row>>> LedgerSqlite::rows(NotificationId notification) {
  co_return store_.read([&](Database& database) {
    std::vector<Row> found;
    {
      auto row = database.query(
          "SELECT user, channel, state, attempt, reason, next_at FROM deliveries WHERE notification = ? LIMIT 100",
          notification);
      while (row.next()) {
        Row& last = found.emplace_back();
        last.id = {notification, std::string(row.text(0)), static_cast<Channel>(row.integer(1))};
        last.state = static_cast<State>(row.integer(2));
        last.attempt = static_cast<std::uint32_t>(row.integer(3));
        last.reason = row.text(4);
        if (!row.is_null(5)) last.next_at = row.time(5);
      }
    }
    for (auto& each : found) {
      auto row = database.query(
          "SELECT at, state, attempt, reason FROM history WHERE notification = ? AND user = ? AND channel = ? ORDER BY "
          "id",
          notification, each.id.user, static_cast<int>(each.id.channel));
      while (row.next()) {
        each.history.push_back({row.time(0), static_cast<State>(row.integer(1)),
                                static_cast<std::uint32_t>(row.integer(2)), std::string(row.text(3))});
      }
    }
    return found;
  });
}

Task<Result<std::vector<DeadLetter>>> LedgerSqlite::dead_letters(std::size_t limit,
                                                                 std::optional<std::int64_t> before) {
  co_return store_.read([&](Database& database) {
    std::vector<DeadLetter> letters;
    auto row = database.query(
        "SELECT id, notification, user, channel, attempts, reason, at FROM dead_letters WHERE id < ? ORDER BY id DESC "
        "LIMIT ?",
        before.value_or(INT64_MAX), limit);
    while (row.next()) {
      letters.push_back({row.integer(0),
                         {row.integer(1), std::string(row.text(2)), static_cast<Channel>(row.integer(3))},
                         static_cast<std::uint32_t>(row.integer(4)),
                         std::string(row.text(5)),
                         row.time(6)});
    }
    return letters;
  });
}

Task<Result<bool>> LedgerSqlite::redrive(std::int64_t dead_letter, TimePoint now) {
  co_return co_await store_.writer().write([&](Database& database) { return redrive_now(database, dead_letter, now); });
}

Task<Result<std::size_t>> LedgerSqlite::close_digests(TimePoint now, std::size_t limit) {
  const auto any = store_.read([&](Database& database) { return !due_digests(database, now, 1).empty(); });
  if (any.has_error()) co_return any.error();
  if (!*any) co_return 0;
  auto closed = co_await store_.writer().write([&](Database& database) { return close_now(database, now, limit); });
  faults::reach("digest.after_close");
  if (faults::has(faults::Bug::digest_merge)) {
    co_await store_.writer().write(
        [&](Database& database) { database.run("UPDATE digests SET closed = 1 WHERE closes_at <= ?", now); });
  }
  co_return closed;
}

Task<Result<std::vector<NotificationId>>> LedgerSqlite::digest_items(NotificationId digest) {
  co_return store_.read([&](Database& database) {
    std::vector<NotificationId> items;
    auto row = database.query("SELECT notification FROM digest_items WHERE digest = ? ORDER BY notification", digest);
    while (row.next())
      items.push_back(row.integer(0));
    return items;
  });
}

Task<Result<std::vector<DeliveryId>>> LedgerSqlite::overdue(TimePoint since, TimePoint now, std::size_t limit) {
  constexpr std::string_view due =
      "SELECT notification, user, channel FROM deliveries INDEXED BY deliveries_waiting"
      " WHERE next_at IS NOT NULL AND next_at < ? LIMIT ?";
  const auto any = store_.read([&](Database& database) { return database.query(due, since, 1).next(); });
  if (any.has_error()) co_return any.error();
  if (!*any) co_return std::vector<DeliveryId>{};
  co_return co_await store_.writer().write([&](Database& database) {
    std::vector<DeliveryId> found;
    {
      auto row = database.query(due, since, limit);
      while (row.next())
        found.push_back({row.integer(0), std::string(row.text(1)), static_cast<Channel>(row.integer(2))});
    }
    for (const auto& id : found) {
      database.run("UPDATE deliveries SET next_at = ? WHERE notification = ? AND user = ? AND channel = ?", now,
                   id.notification, id.user, static_cast<int>(id.channel));
    }
    return found;
  });
}

Task<Result<common::Duration>> LedgerSqlite::take_quota(Channel channel, std::int64_t wanted, bool critical,
                                                        TimePoint now) {
  const auto quota = quotas_.find(channel);
  if (quota == quotas_.end()) co_return common::Duration{0};
  co_return co_await store_.writer().write([&](Database& database) {
    TimePoint arrival{};
    {
      auto row = database.query("SELECT arrival FROM quotas WHERE channel = ?", static_cast<int>(channel));
      if (row.next()) arrival = row.time(0);
    }
    const auto grant = take(quota->second, arrival, wanted, critical, now);
    if (grant.wait.count() == 0) {
      database.run("INSERT INTO quotas VALUES (?1, ?2) ON CONFLICT DO UPDATE SET arrival = ?2",
                   static_cast<int>(channel), grant.arrival);
    }
    return grant.wait;
  });
}

}  // namespace notifier
