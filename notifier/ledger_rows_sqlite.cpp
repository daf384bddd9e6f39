#include "notifier/ledger_rows_sqlite.h"

#include "notifier/fault_points.h"

namespace notifier::rows {

using common::TimePoint;
using common::sqlite::Database;

namespace {

constexpr std::size_t repeated_in_doubt = state_count;

int number(State state) {
  return static_cast<int>(state);
}
int number(Channel channel) {
  return static_cast<int>(channel);
}

std::optional<std::string_view> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// Into an open digest. When its window was closed a moment ago, into the next one: never into what is closed.
void collect(Database& database, const DigestKey& wanted, const Proposal& proposal) {
  DigestKey key = wanted;
  for (;;) {
    const auto id = digest_id(key);
    database.run("INSERT OR IGNORE INTO digests (id, user, channel, category, closes_at) VALUES (?, ?, ?, ?, ?)", id,
                 key.user, number(key.channel), key.category, key.closes_at);
    const bool closed = [&] {
      auto row = database.query("SELECT closed FROM digests WHERE id = ?", id);
      return row.next() && row.integer(0) != 0;
    }();
    if (!closed) {
      database.run("INSERT OR IGNORE INTO digest_items VALUES (?, ?, ?)", id, proposal.id.notification,
                   proposal.in_broadcast ? 1 : 0);
      return;
    }
    key.closes_at += std::chrono::seconds{1};
  }
}

bool insert_row(Database& database, const Position& position, const Proposal& p, TimePoint now) {
  const auto mode = faults::has(faults::Bug::no_unique_key) ? "INSERT OR REPLACE" : "INSERT OR IGNORE";
  static const std::string values =
      " INTO deliveries (notification, user, channel, state, attempt, partition, updated_at, next_at, reason)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
  return database.run(mode + values, p.id.notification, p.id.user, number(p.id.channel), number(p.state),
                      p.state == State::attempting ? 1 : 0, position.partition, now, p.next_at, or_null(p.reason)) == 1;
}

// A row that was there: may it go on? The state it was in, if so.
struct Present {
  State state;
  std::uint32_t attempt;
};
std::optional<Present> may_go_on(Database& database, const Proposal& p, TimePoint now) {
  auto row = database.query(
      "SELECT state, attempt, next_at FROM deliveries WHERE notification = ? AND user = ? AND channel = ?",
      p.id.notification, p.id.user, number(p.id.channel));
  if (!row.next()) return std::nullopt;
  const auto state = static_cast<State>(row.integer(0));
  const auto attempt = static_cast<std::uint32_t>(row.integer(1));
  if (p.stranded_attempt != 0) {
    if (state != State::attempting || attempt != p.stranded_attempt) return std::nullopt;
    return Present{state, attempt};
  }
  const bool waiting = state == State::planned || state == State::retrying;
  if (!waiting || row.is_null(2) || row.time(2) > now) return std::nullopt;
  return Present{state, attempt};
}

struct Item {
  NotificationId notification;
  bool in_broadcast;
};

std::vector<Item> items_of(Database& database, NotificationId digest, bool cancelled_only) {
  std::vector<Item> items;
  auto row = database.query(
      "SELECT notification, in_broadcast FROM digest_items WHERE digest = ? AND (? = 0 OR EXISTS"
      " (SELECT 1 FROM notifications WHERE id = notification AND cancelled = 1))",
      digest, cancelled_only ? 1 : 0);
  while (row.next())
    items.push_back({row.integer(0), row.integer(1) != 0});
  return items;
}

// The row of what was collected.
void end_item(Database& database, const Item& item, const DeliveryId& digest, const Step& step, Tallies& tallies) {
  const int changed = database.run(
      "UPDATE deliveries SET state = ?, updated_at = ?, reason = ? WHERE notification = ? AND user = ? AND channel = ?"
      " AND state = 0",
      number(step.state), step.now, step.reason, item.notification, digest.user, number(digest.channel));
  if (changed == 0) return;
  const DeliveryId id{item.notification, digest.user, digest.channel};
  add_history(database, {id, step.state, step.attempt, step.reason, step.now});
  if (item.in_broadcast) tallies.move(item.notification, State::planned, step.state);
}

// What became of a digest became of everything in it, were it that it was not sent at all.
void finish_items(Database& database, const Finish& digest, TimePoint now, Tallies& tallies) {
  if (!is_final(digest.decision.state)) return;
  const Step step{digest.id, digest.decision.state, digest.attempt, "in a digest", now};
  for (const Item& item : items_of(database, digest.id.notification, false))
    end_item(database, item, digest.id, step, tallies);
}

}  // namespace

void Tallies::move(NotificationId broadcast, std::optional<State> from, State to) {
  auto& change = changes_[broadcast];
  if (from) --change[static_cast<std::size_t>(*from)];
  ++change[static_cast<std::size_t>(to)];
}

void Tallies::repeated(NotificationId broadcast) {
  ++changes_[broadcast][repeated_in_doubt];
}

void Tallies::write(Database& database) const {
  for (const auto& [broadcast, change] : changes_) {
    for (std::size_t state = 0; state < change.size(); ++state) {
      if (change[state] == 0) continue;
      database.run("INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET rows = rows + excluded.rows",
                   broadcast, state, change[state]);
    }
  }
}

void add_history(Database& database, const Step& step) {
  database.run(
      "INSERT INTO history SELECT ?1, ?2, ?3, coalesce(max(id), 0) + 1, ?4, ?5, ?6, ?7 FROM history"
      " WHERE notification = ?1 AND user = ?2 AND channel = ?3",
      step.id.notification, step.id.user, number(step.id.channel), step.now, number(step.state), step.attempt,
      step.reason);
}

void add_dead_letter(Database& database, const Step& step) {
  database.run("INSERT INTO dead_letters (notification, user, channel, attempts, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
               step.id.notification, step.id.user, number(step.id.channel), step.attempt, step.reason, step.now);
}

std::uint32_t begin_row(Database& database, const Position& position, const Proposal& p, TimePoint now,
                        Tallies& tallies) {
  std::uint32_t attempt = p.state == State::attempting ? 1 : 0;
  std::optional<State> from;
  const bool stranded = p.stranded_attempt != 0;
  if (stranded || !insert_row(database, position, p, now)) {
    const auto present = may_go_on(database, p, now);
    if (!present) return 0;
    from = present->state;
    attempt = present->attempt + (p.state == State::attempting ? 1 : 0);
    database.run(
        "UPDATE deliveries SET state = ?, attempt = ?, partition = ?, updated_at = ?, next_at = ?, reason = ?"
        " WHERE notification = ? AND user = ? AND channel = ?",
        number(p.state), attempt, position.partition, now, p.next_at, or_null(p.reason), p.id.notification, p.id.user,
        number(p.id.channel));
  }
  if (stranded) {
    add_history(database, {p.id, State::ambiguous, p.stranded_attempt, "its worker died", now});
    if (p.in_broadcast) tallies.repeated(p.id.notification);
  }
  if (p.with_history || stranded) add_history(database, {p.id, p.state, attempt, p.reason, now});
  if (p.digest) collect(database, *p.digest, p);
  if (p.in_broadcast) tallies.move(p.id.notification, from, p.state);
  if (p.with_history) finish_items(database, {.id = p.id, .attempt = attempt, .decision = {p.state}}, now, tallies);
  return p.state == State::attempting ? attempt : 0;
}

bool finish_row(Database& database, const Finish& f, TimePoint now, Tallies& tallies) {
  const int changed = database.run(
      "UPDATE deliveries SET state = ?, updated_at = ?, next_at = ?, reason = ?"
      " WHERE notification = ? AND user = ? AND channel = ? AND state = 1 AND attempt = ?",
      number(f.decision.state), now, f.decision.next_at, or_null(f.reason), f.id.notification, f.id.user,
      number(f.id.channel), f.attempt);
  if (changed == 0) return false;
  const Step step{f.id, f.decision.state, f.attempt, f.reason, now};
  const bool lost = f.decision.state == State::failed || f.decision.state == State::ambiguous;
  if (f.with_history || f.decision.state != State::delivered) add_history(database, step);
  if (lost) add_dead_letter(database, step);
  if (f.in_broadcast) tallies.move(f.id.notification, State::attempting, f.decision.state);
  if (f.with_history) finish_items(database, f, now, tallies);
  return true;
}

std::size_t drop_cancelled_items(Database& database, NotificationId digest, const DigestKey& key, TimePoint now,
                                 Tallies& tallies) {
  const DeliveryId id{digest, key.user, key.channel};
  for (const Item& item : items_of(database, digest, true)) {
    end_item(database, item, id, {id, State::cancelled, 0, "cancelled", now}, tallies);
    database.run("DELETE FROM digest_items WHERE digest = ? AND notification = ?", digest, item.notification);
  }
  return items_of(database, digest, false).size();
}

}  // namespace notifier::rows
