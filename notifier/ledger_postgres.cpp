#include "notifier/ledger_postgres.h"

#include "notifier/fault_points.h"
#include "notifier/ledger_rows_postgres.h"
#include "notifier/notification_rows_postgres.h"

namespace notifier {

using common::Result;
using common::Task;
using common::TimePoint;
using common::postgres::SqlResult;
using common::postgres::Transaction;

namespace {

DeliveryId id_of(const common::postgres::Rows& row, int from) {
  return {row.integer(from), std::string(row.text(from + 1)), static_cast<Channel>(row.integer(from + 2))};
}

Task<Result<Claim>> claim_in(Transaction& transaction, int partition) {
  auto position = co_await transaction.run(
      "INSERT INTO positions VALUES ($1, 1, 0) ON CONFLICT (part) DO UPDATE SET generation = positions.generation + 1"
      " RETURNING generation, next_offset",
      partition);
  if (position.has_error()) co_return position.error();
  position->next();
  Claim claim{position->integer(0), position->integer(1), {}};
  auto rows = co_await transaction.run(
      "SELECT notification, user_id, channel, attempt FROM deliveries WHERE part = $1 AND state = 1", partition);
  if (rows.has_error()) co_return rows.error();
  while (rows->next())
    claim.stranded.push_back({id_of(*rows, 0), static_cast<std::uint32_t>(rows->integer(3))});
  co_return claim;
}

Task<Result<Begun>> begin_in(Transaction& transaction, const Position& position, const std::vector<Proposal>& proposals,
                             TimePoint now) {
  Begun begun;
  begun.attempts.assign(proposals.size(), 0);
  const auto mine = co_await transaction.run(
      "UPDATE positions SET next_offset = greatest(next_offset, $3) WHERE part = $1 AND generation = $2",
      position.partition, position.generation, position.next_offset);
  if (mine.has_error()) co_return mine.error();
  begun.fenced = mine->affected() == 0;
  if (begun.fenced || proposals.empty()) co_return begun;
  auto attempts = co_await rows::begin_rows(transaction, position, proposals, now);
  if (attempts.has_error()) co_return attempts.error();
  begun.attempts = std::move(*attempts);
  co_return begun;
}

Task<Result<std::size_t>> finish_in(Transaction& transaction, const std::vector<Finish>& outcomes, TimePoint now) {
  auto finished = co_await rows::finish_rows(transaction, outcomes, now);
  if (finished.has_error()) co_return finished.error();
  co_return *finished;
}

Task<Result<bool>> redrive_in(Transaction& transaction, std::int64_t dead_letter, TimePoint now) {
  auto letter = co_await transaction.run(
      "DELETE FROM dead_letters WHERE id = $1 RETURNING notification, user_id, channel", dead_letter);
  if (letter.has_error()) co_return letter.error();
  if (!letter->next()) co_return false;
  const DeliveryId id = id_of(*letter, 0);
  const int channel = static_cast<int>(id.channel);
  auto row = co_await transaction.run(
      "UPDATE deliveries AS d SET state = $4, next_at = $5, updated_at = $5 FROM deliveries AS old"
      " WHERE d.notification = $1 AND d.user_id = $2 AND d.channel = $3 AND old.notification = d.notification"
      " AND old.user_id = d.user_id AND old.channel = d.channel AND d.state IN (4, 8)"
      " RETURNING old.state, d.attempt, (SELECT kind FROM notifications WHERE id = d.notification)",
      id.notification, id.user, channel, static_cast<int>(State::retrying), now);
  if (row.has_error()) co_return row.error();
  if (!row->next()) co_return false;
  const auto entry = co_await transaction.run(
      "INSERT INTO outbox (notification, broadcast, due_at, user_id, channels) VALUES ($1, 0, $2, $3, $4)",
      id.notification, now, id.user, static_cast<int>(only(id.channel).bits()));
  if (entry.has_error()) co_return entry.error();
  rows::Steps steps;
  steps.add(id, State::retrying, static_cast<std::uint32_t>(row->integer(1)), "redriven");
  const auto written = co_await steps.write(transaction, now);
  if (written.has_error()) co_return written.error();
  rows::TallyChanges tallies;
  const bool in_broadcast = !row->is_null(2) && static_cast<Kind>(row->integer(2)) == Kind::broadcast;
  if (in_broadcast) tallies.move(id.notification, static_cast<State>(row->integer(0)), State::retrying);
  const auto counted = co_await tallies.write(transaction);
  if (counted.has_error()) co_return counted.error();
  co_return true;
}

Task<Result<std::size_t>> close_in(Transaction& transaction, TimePoint now, std::size_t limit) {
  auto due = co_await transaction.run(
      "UPDATE digests SET closed = 1 WHERE id IN (SELECT id FROM digests WHERE closed = 0 AND closes_at <= $1"
      " ORDER BY closes_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING user_id, channel, category, closes_at",
      now, limit);
  if (due.has_error()) co_return due.error();
  rows::TallyChanges tallies;
  while (due->next()) {
    const DigestKey key{std::string(due->text(0)), static_cast<Channel>(due->integer(1)), std::string(due->text(2)),
                        due->time(3)};
    const auto dropped = co_await rows::drop_cancelled_items(transaction, key, now, tallies);
    if (dropped.has_error()) co_return dropped.error();
    auto rows = co_await transaction.run(
        "SELECT title, count(*) OVER () FROM digest_items JOIN notifications ON notifications.id = notification"
        " WHERE digest = $1 ORDER BY notification LIMIT $2",
        digest_id(key), digest_titles_max);
    if (rows.has_error()) co_return rows.error();
    std::vector<std::string> titles;
    std::size_t items = 0;
    while (rows->next()) {
      titles.emplace_back(rows->text(0));
      items = static_cast<std::size_t>(rows->integer(1));
    }
    if (items == 0) continue;
    const Notification digest = make_digest(key, titles, items, now);
    const auto inserted = co_await rows::insert_notification(transaction, digest);
    if (inserted.has_error()) co_return inserted.error();
  }
  const auto counted = co_await tallies.write(transaction);
  if (counted.has_error()) co_return counted.error();
  co_return due->size();
}

Task<Result<common::Duration>> take_quota_in(Transaction& transaction, Channel channel, const Quota& quota,
                                             std::int64_t wanted, bool critical, TimePoint now) {
  auto row = co_await transaction.run(
      "INSERT INTO quotas VALUES ($1, 0) ON CONFLICT (channel) DO UPDATE SET arrival = quotas.arrival RETURNING "
      "arrival",
      static_cast<int>(channel));
  if (row.has_error()) co_return row.error();
  row->next();
  const auto grant = take(quota, row->time(0), wanted, critical, now);
  if (grant.wait.count() > 0) co_return grant.wait;
  const auto kept = co_await transaction.run("UPDATE quotas SET arrival = $2 WHERE channel = $1",
                                             static_cast<int>(channel), grant.arrival);
  if (kept.has_error()) co_return kept.error();
  co_return grant.wait;
}

}  // namespace

Task<Result<Claim>> LedgerPostgres::claim(int partition) {
  co_return co_await store_.pool().transaction([&](Transaction& t) { return claim_in(t, partition); });
}

Task<Result<Begun>> LedgerPostgres::begin(Position position, std::vector<Proposal> proposals, TimePoint now) {
  co_return co_await store_.pool().transaction([&](Transaction& t) { return begin_in(t, position, proposals, now); });
}

Task<Result<std::size_t>> LedgerPostgres::finish(std::vector<Finish> outcomes, TimePoint now) {
  co_return co_await store_.pool().transaction([&](Transaction& t) { return finish_in(t, outcomes, now); });
}

Task<Result<std::vector<DeliveryId>>> LedgerPostgres::overdue(TimePoint since, TimePoint now, std::size_t limit) {
  auto rows = co_await store_.pool().write(
      "UPDATE deliveries AS d SET next_at = $2 FROM (SELECT notification, user_id, channel FROM deliveries"
      " WHERE next_at < $1 LIMIT $3 FOR UPDATE SKIP LOCKED) AS late WHERE d.notification = late.notification"
      " AND d.user_id = late.user_id AND d.channel = late.channel RETURNING d.notification, d.user_id, d.channel",
      since, now, limit);
  if (rows.has_error()) co_return rows.error();
  std::vector<DeliveryId> found;
  while (rows->next())
    found.push_back(id_of(*rows, 0));
  co_return found;
}

Task<Result<Tally>> LedgerPostgres::tally(NotificationId broadcast) {
  auto rows = co_await store_.pool().read("SELECT state, n FROM tallies WHERE notification = $1", broadcast);
  if (rows.has_error()) co_return rows.error();
  Tally tally;
  while (rows->next()) {
    const auto state = static_cast<std::size_t>(rows->integer(0));
    (state < state_count ? tally.rows[state] : tally.repeated_in_doubt) = rows->integer(1);
  }
  co_return tally;
}

Task<Result<std::vector<Row>>> LedgerPostgres::rows(NotificationId notification) {
  auto rows = co_await store_.pool().read(
      "SELECT notification, user_id, channel, state, attempt, coalesce(reason, ''), next_at FROM deliveries"
      " WHERE notification = $1 ORDER BY user_id, channel LIMIT 100",
      notification);
  if (rows.has_error()) co_return rows.error();
  std::vector<Row> found;
  while (rows->next()) {
    Row& last = found.emplace_back();
    last.id = id_of(*rows, 0);
    last.state = static_cast<State>(rows->integer(3));
    last.attempt = static_cast<std::uint32_t>(rows->integer(4));
    last.reason = rows->text(5);
    if (!rows->is_null(6)) last.next_at = rows->time(6);
  }
  auto steps = co_await store_.pool().read(
      "SELECT notification, user_id, channel, at, state, attempt, reason FROM history WHERE notification = $1 ORDER BY "
      "id",
      notification);
  if (steps.has_error()) co_return steps.error();
  while (steps->next()) {
    const DeliveryId id = id_of(*steps, 0);
    for (Row& row : found) {
      if (!(row.id == id)) continue;
      row.history.push_back({steps->time(3), static_cast<State>(steps->integer(4)),
                             static_cast<std::uint32_t>(steps->integer(5)), std::string(steps->text(6))});
    }
  }
  co_return found;
}

Task<Result<std::vector<DeadLetter>>> LedgerPostgres::dead_letters(std::size_t limit,
                                                                   std::optional<std::int64_t> before) {
  auto rows = co_await store_.pool().read(
      "SELECT id, notification, user_id, channel, attempts, reason, at FROM dead_letters WHERE id < $1 ORDER BY id "
      "DESC LIMIT $2",
      before.value_or(INT64_MAX), limit);
  if (rows.has_error()) co_return rows.error();
  std::vector<DeadLetter> letters;
  while (rows->next()) {
    letters.push_back({rows->integer(0), id_of(*rows, 1), static_cast<std::uint32_t>(rows->integer(4)),
                       std::string(rows->text(5)), rows->time(6)});
  }
  co_return letters;
}

Task<Result<bool>> LedgerPostgres::redrive(std::int64_t dead_letter, TimePoint now) {
  co_return co_await store_.pool().transaction([&](Transaction& t) { return redrive_in(t, dead_letter, now); });
}

Task<Result<std::size_t>> LedgerPostgres::close_digests(TimePoint now, std::size_t limit) {
  auto closed = co_await store_.pool().transaction([&](Transaction& t) { return close_in(t, now, limit); });
  if (closed.has_value() && *closed > 0) faults::reach("digest.after_close");
  co_return closed;
}

Task<Result<std::vector<NotificationId>>> LedgerPostgres::digest_items(NotificationId digest) {
  auto rows = co_await store_.pool().read(
      "SELECT notification FROM digest_items WHERE digest = $1 ORDER BY notification", digest);
  if (rows.has_error()) co_return rows.error();
  std::vector<NotificationId> items;
  while (rows->next())
    items.push_back(rows->integer(0));
  co_return items;
}

Task<Result<common::Duration>> LedgerPostgres::take_quota(Channel channel, std::int64_t wanted, bool critical,
                                                          TimePoint now) {
  const auto quota = quotas_.find(channel);
  if (quota == quotas_.end()) co_return common::Duration{0};
  co_return co_await store_.pool().transaction(
      [&](Transaction& t) { return take_quota_in(t, channel, quota->second, wanted, critical, now); });
}

}  // namespace notifier
