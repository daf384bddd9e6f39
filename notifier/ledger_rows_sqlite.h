// The statements that ledger_sqlite.cpp is made of: one row's step, with its history, its count and its dead letter.
// They run inside the caller's transaction and throw SQLite::Exception.

#pragma once

#include <array>
#include <map>

#include "common/sqlite/database.h"
#include "notifier/ledger.h"

namespace notifier::rows {

// What a transaction adds to the counts of broadcasts: written once at its end, not once a row.
class Tallies {
 public:
  void move(NotificationId broadcast, std::optional<State> from, State to);
  void repeated(NotificationId broadcast);
  void write(common::sqlite::Database& database) const;

 private:
  std::map<NotificationId, std::array<std::int64_t, state_count + 1>> changes_;
};

struct Step {
  const DeliveryId& id;
  State state;
  std::uint32_t attempt;
  std::string_view reason;
  common::TimePoint now;
};

void add_history(common::sqlite::Database& database, const Step& step);
void add_dead_letter(common::sqlite::Database& database, const Step& step);

// Writes `proposal` where the row allows it. Returns the attempt to make, or 0.
std::uint32_t begin_row(common::sqlite::Database& database, const Position& position, const Proposal& proposal,
                        common::TimePoint now, Tallies& tallies);

// Whether the row still showed that attempt.
bool finish_row(common::sqlite::Database& database, const Finish& finish, common::TimePoint now, Tallies& tallies);

// What was called back since it was collected does not go into the digest. How many are left.
std::size_t drop_cancelled_items(common::sqlite::Database& database, NotificationId digest, const DigestKey& key,
                                 common::TimePoint now, Tallies& tallies);

}  // namespace notifier::rows
