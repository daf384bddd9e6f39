#include "notifier/ledger_rows_postgres.h"

#include <unordered_map>

namespace notifier::rows {

using common::Task;
using common::TimePoint;

namespace {

constexpr std::int64_t repeated_in_doubt = state_count;

int number(State state) {
  return static_cast<int>(state);
}
int number(Channel channel) {
  return static_cast<int>(channel);
}

std::optional<std::string> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(std::string(text));
}

struct Before {
  State state;
  std::uint32_t attempt;
};

// Into an open digest; when its window was closed a moment ago, into one that follows.
Task<SqlResult<>> collect(Transaction& transaction, const Proposal& proposal) {
  DigestKey key = *proposal.digest;
  for (;;) {
    const auto id = digest_id(key);
    auto row = co_await transaction.run(
        "INSERT INTO digests (id, user_id, channel, category, closes_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (id) DO UPDATE SET closed = digests.closed RETURNING closed",  // locks it
        id, key.user, number(key.channel), key.category, key.closes_at);
    if (row.has_error()) co_return row.error();
    row->next();
    if (row->integer(0) == 0) {
      const auto added = co_await transaction.run("INSERT INTO digest_items VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                                                  id, proposal.id.notification, proposal.in_broadcast ? 1 : 0);
      if (added.has_error()) co_return added.error();
      co_return SqlResult<>{};
    }
    key.closes_at += std::chrono::seconds{1};
  }
}

// New rows: which of the proposals they are of, by place.
Task<SqlResult<std::vector<bool>>> insert_new(Transaction& transaction, const Position& position,
                                              const std::vector<Proposal>& proposals, TimePoint now) {
  std::vector<std::int64_t> places, notifications, channels, states;
  std::vector<std::string> users;
  std::vector<std::optional<TimePoint>> next;
  std::vector<std::optional<std::string>> reasons;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    const Proposal& p = proposals[i];
    if (p.stranded_attempt != 0) continue;
    places.push_back(static_cast<std::int64_t>(i));
    notifications.push_back(p.id.notification);
    users.push_back(p.id.user);
    channels.push_back(number(p.id.channel));
    states.push_back(number(p.state));
    next.push_back(p.next_at);
    reasons.push_back(or_null(p.reason));
  }
  std::vector<bool> inserted(proposals.size(), false);
  if (places.empty()) co_return inserted;
  auto rows = co_await transaction.run(
      "WITH given AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[],"
      " $6::bigint[], $7::text[]) AS t (place, notification, user_id, channel, state, next_at, reason)),"
      " written AS (INSERT INTO deliveries SELECT notification, user_id, channel, state,"
      " CASE WHEN state = 1 THEN 1 ELSE 0 END, $8, $9, next_at, reason FROM given"
      " ORDER BY notification, user_id, channel, place ON CONFLICT DO NOTHING RETURNING notification, user_id, channel)"
      " SELECT min(place) FROM given JOIN written USING (notification, user_id, channel)"
      " GROUP BY notification, user_id, channel",
      places, notifications, users, channels, states, next, reasons, position.partition, now);
  if (rows.has_error()) co_return rows.error();
  while (rows->next())
    inserted[static_cast<std::size_t>(rows->integer(0))] = true;
  co_return inserted;
}

// A row that was there: what it was, if it may go on and has.
Task<SqlResult<std::optional<Before>>> go_on(Transaction& transaction, const Position& position, const Proposal& p,
                                             TimePoint now) {
  auto row = co_await transaction.run(
      "SELECT state, attempt FROM deliveries WHERE notification = $1 AND user_id = $2 AND channel = $3"
      " AND CASE WHEN $4 > 0 THEN state = 1 AND attempt = $4 ELSE state IN (0, 3) AND next_at <= $5 END FOR UPDATE",
      p.id.notification, p.id.user, number(p.id.channel), p.stranded_attempt, now);
  if (row.has_error()) co_return row.error();
  if (!row->next()) co_return std::optional<Before>{};
  const Before before{static_cast<State>(row->integer(0)), static_cast<std::uint32_t>(row->integer(1))};
  const auto updated = co_await transaction.run(
      "UPDATE deliveries SET state = $4, attempt = $5, part = $6, updated_at = $7, next_at = $8, reason = $9"
      " WHERE notification = $1 AND user_id = $2 AND channel = $3",
      p.id.notification, p.id.user, number(p.id.channel), number(p.state),
      before.attempt + (p.state == State::attempting ? 1 : 0), position.partition, now, p.next_at, or_null(p.reason));
  if (updated.has_error()) co_return updated.error();
  co_return std::optional(before);
}

// What became of a digest became of everything in it, were it that it was not sent at all.
Task<SqlResult<>> finish_items(Transaction& transaction, const Finish& digest, TimePoint now, TallyChanges& tallies,
                               Steps& steps) {
  auto rows = co_await transaction.run(
      "UPDATE deliveries AS d SET state = $4, updated_at = $5, reason = 'in a digest' FROM digest_items AS i"
      " WHERE i.digest = $1 AND d.notification = i.notification AND d.user_id = $2 AND d.channel = $3 AND d.state = 0"
      " RETURNING d.notification, i.in_broadcast",
      digest.id.notification, digest.id.user, number(digest.id.channel), number(digest.decision.state), now);
  if (rows.has_error()) co_return rows.error();
  while (rows->next()) {
    const DeliveryId id{rows->integer(0), digest.id.user, digest.id.channel};
    steps.add(id, digest.decision.state, digest.attempt, "in a digest");
    if (rows->integer(1) != 0) tallies.move(id.notification, State::planned, digest.decision.state);
  }
  co_return SqlResult<>{};
}

}  // namespace

void TallyChanges::move(NotificationId broadcast, std::optional<State> from, State to) {
  if (from) --changes_[{broadcast, number(*from)}];
  ++changes_[{broadcast, number(to)}];
}

void TallyChanges::repeated(NotificationId broadcast) {
  ++changes_[{broadcast, repeated_in_doubt}];
}

Task<SqlResult<>> TallyChanges::write(Transaction& transaction) const {
  std::vector<std::int64_t> broadcasts, states, counts;
  for (const auto& [key, count] : changes_) {
    if (count == 0) continue;
    broadcasts.push_back(key.first);
    states.push_back(key.second);
    counts.push_back(count);
  }
  if (counts.empty()) co_return SqlResult<>{};
  const auto written = co_await transaction.run(
      "INSERT INTO tallies SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
      " ON CONFLICT (notification, state) DO UPDATE SET n = tallies.n + excluded.n",
      broadcasts, states, counts);
  if (written.has_error()) co_return written.error();
  co_return SqlResult<>{};
}

void Steps::add(const DeliveryId& id, State state, std::uint32_t attempt, std::string_view reason) {
  notifications.push_back(id.notification);
  users.push_back(id.user);
  channels.push_back(number(id.channel));
  states.push_back(number(state));
  attempts.push_back(attempt);
  reasons.emplace_back(reason);
}

Task<SqlResult<>> Steps::write(Transaction& transaction, TimePoint now) const {
  if (users.empty()) co_return SqlResult<>{};
  const auto written = co_await transaction.run(
      "INSERT INTO history (notification, user_id, channel, at, state, attempt, reason)"
      " SELECT notification, user_id, channel, $7, state, attempt, reason FROM unnest($1::bigint[], $2::text[],"
      " $3::bigint[], $4::bigint[], $5::bigint[], $6::text[]) WITH ORDINALITY"
      " AS t (notification, user_id, channel, state, attempt, reason, place) ORDER BY place",
      notifications, users, channels, states, attempts, reasons, now);
  if (written.has_error()) co_return written.error();
  co_return SqlResult<>{};
}

Task<SqlResult<>> Steps::write_dead_letters(Transaction& transaction, TimePoint now) const {
  if (users.empty()) co_return SqlResult<>{};
  const auto written = co_await transaction.run(
      "INSERT INTO dead_letters (notification, user_id, channel, attempts, reason, at)"
      " SELECT notification, user_id, channel, attempts, reason, $6 FROM unnest($1::bigint[], $2::text[],"
      " $3::bigint[], $4::bigint[], $5::text[]) AS t (notification, user_id, channel, attempts, reason)",
      notifications, users, channels, attempts, reasons, now);
  if (written.has_error()) co_return written.error();
  co_return SqlResult<>{};
}

Task<SqlResult<std::vector<std::uint32_t>>> begin_rows(Transaction& transaction, const Position& position,
                                                       const std::vector<Proposal>& proposals, TimePoint now) {
  std::vector<std::uint32_t> attempts(proposals.size(), 0);
  TallyChanges tallies;
  Steps steps;
  const auto inserted = co_await insert_new(transaction, position, proposals, now);
  if (inserted.has_error()) co_return inserted.error();
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    const Proposal& p = proposals[i];
    std::optional<State> from;
    std::uint32_t attempt = p.state == State::attempting ? 1 : 0;
    if (!(*inserted)[i]) {
      const auto before = co_await go_on(transaction, position, p, now);
      if (before.has_error()) co_return before.error();
      if (!*before) continue;
      from = (*before)->state;
      attempt = (*before)->attempt + (p.state == State::attempting ? 1 : 0);
    }
    if (p.stranded_attempt != 0) {
      steps.add(p.id, State::ambiguous, p.stranded_attempt, "its worker died");
      if (p.in_broadcast) tallies.repeated(p.id.notification);
    }
    if (p.with_history || p.stranded_attempt != 0) steps.add(p.id, p.state, attempt, p.reason);
    if (p.digest) {
      const auto collected = co_await collect(transaction, p);
      if (collected.has_error()) co_return collected.error();
    }
    if (p.in_broadcast) tallies.move(p.id.notification, from, p.state);
    if (p.with_history && is_final(p.state)) {
      const Finish ended{.id = p.id, .attempt = attempt, .decision = {p.state}};
      const auto items = co_await finish_items(transaction, ended, now, tallies, steps);
      if (items.has_error()) co_return items.error();
    }
    if (p.state == State::attempting) attempts[i] = attempt;
  }
  const auto written = co_await steps.write(transaction, now);
  if (written.has_error()) co_return written.error();
  const auto counted = co_await tallies.write(transaction);
  if (counted.has_error()) co_return counted.error();
  co_return attempts;
}

Task<SqlResult<std::size_t>> finish_rows(Transaction& transaction, const std::vector<Finish>& outcomes, TimePoint now) {
  std::vector<std::int64_t> places, notifications, channels, states, attempts;
  std::vector<std::string> users;
  std::vector<std::optional<TimePoint>> next;
  std::vector<std::optional<std::string>> reasons;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Finish& f = outcomes[i];
    places.push_back(static_cast<std::int64_t>(i));
    notifications.push_back(f.id.notification);
    users.push_back(f.id.user);
    channels.push_back(number(f.id.channel));
    states.push_back(number(f.decision.state));
    attempts.push_back(f.attempt);
    next.push_back(f.decision.next_at);
    reasons.push_back(or_null(f.reason));
  }
  auto rows = co_await transaction.run(
      "WITH given AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[],"
      " $6::bigint[], $7::bigint[], $8::text[])"
      " AS t (place, notification, user_id, channel, state, attempt, next_at, reason))"
      " UPDATE deliveries AS d SET state = given.state, updated_at = $9, next_at = given.next_at, reason = given.reason"
      " FROM given WHERE d.notification = given.notification AND d.user_id = given.user_id"
      " AND d.channel = given.channel AND d.state = 1 AND d.attempt = given.attempt RETURNING given.place",
      places, notifications, users, channels, states, attempts, next, reasons, now);
  if (rows.has_error()) co_return rows.error();
  TallyChanges tallies;
  Steps steps;
  Steps lost;
  while (rows->next()) {
    const Finish& f = outcomes[static_cast<std::size_t>(rows->integer(0))];
    const State state = f.decision.state;
    if (f.with_history || state != State::delivered) steps.add(f.id, state, f.attempt, f.reason);
    if (state == State::failed || state == State::ambiguous) lost.add(f.id, state, f.attempt, f.reason);
    if (f.in_broadcast) tallies.move(f.id.notification, State::attempting, state);
    if (!f.with_history || !is_final(state)) continue;
    const auto items = co_await finish_items(transaction, f, now, tallies, steps);
    if (items.has_error()) co_return items.error();
  }
  const auto written = co_await steps.write(transaction, now);
  if (written.has_error()) co_return written.error();
  const auto buried = co_await lost.write_dead_letters(transaction, now);
  if (buried.has_error()) co_return buried.error();
  const auto counted = co_await tallies.write(transaction);
  if (counted.has_error()) co_return counted.error();
  co_return rows->size();
}

Task<SqlResult<>> drop_cancelled_items(Transaction& transaction, const DigestKey& key, TimePoint now,
                                       TallyChanges& tallies) {
  auto rows = co_await transaction.run(
      "DELETE FROM digest_items AS i USING notifications AS n WHERE i.digest = $1 AND n.id = i.notification"
      " AND n.cancelled = 1 RETURNING i.notification, i.in_broadcast",
      digest_id(key));
  if (rows.has_error()) co_return rows.error();
  Steps steps;
  while (rows->next()) {
    const DeliveryId id{rows->integer(0), key.user, key.channel};
    const auto ended = co_await transaction.run(
        "UPDATE deliveries SET state = $4, updated_at = $5, reason = 'cancelled' WHERE notification = $1"
        " AND user_id = $2 AND channel = $3 AND state = 0",
        id.notification, id.user, number(id.channel), number(State::cancelled), now);
    if (ended.has_error()) co_return ended.error();
    if (ended->affected() == 0) continue;
    steps.add(id, State::cancelled, 0, "cancelled");
    if (rows->integer(1) != 0) tallies.move(id.notification, State::planned, State::cancelled);
  }
  co_return co_await steps.write(transaction, now);
}

}  // namespace notifier::rows
