// The statements that ledger_postgres.cpp is made of: a batch's steps as arrays, within its transaction.

#pragma once

#include <array>
#include <map>

#include "common/postgres/pool.h"
#include "notifier/ledger.h"

namespace notifier::rows {

using common::postgres::SqlResult;
using common::postgres::Transaction;

// What a transaction adds to the counts of broadcasts.
class TallyChanges {
 public:
  void move(NotificationId broadcast, std::optional<State> from, State to);
  void repeated(NotificationId broadcast);
  common::Task<SqlResult<>> write(Transaction& transaction) const;

 private:
  std::map<std::pair<NotificationId, std::int64_t>, std::int64_t> changes_;
};

// Steps of rows, for the history.
struct Steps {
  std::vector<NotificationId> notifications;
  std::vector<std::string> users;
  std::vector<std::int64_t> channels, states, attempts;
  std::vector<std::string> reasons;

  void add(const DeliveryId& id, State state, std::uint32_t attempt, std::string_view reason);
  common::Task<SqlResult<>> write(Transaction& transaction, common::TimePoint now) const;
  common::Task<SqlResult<>> write_dead_letters(Transaction& transaction, common::TimePoint now) const;
};

// Writes the proposals that may be written. Answers each one's attempt, or 0.
common::Task<SqlResult<std::vector<std::uint32_t>>> begin_rows(Transaction& transaction, const Position& position,
                                                               const std::vector<Proposal>& proposals,
                                                               common::TimePoint now);

// Writes the outcomes of attempts that are still the rows'. How many.
common::Task<SqlResult<std::size_t>> finish_rows(Transaction& transaction, const std::vector<Finish>& outcomes,
                                                 common::TimePoint now);

// What was called back since it was collected does not go into the digest.
common::Task<SqlResult<>> drop_cancelled_items(Transaction& transaction, const DigestKey& key, common::TimePoint now,
                                               TallyChanges& tallies);

}  // namespace notifier::rows
