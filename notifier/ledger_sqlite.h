// The ledger in SQLite. Every change is one closure on the group writer: begin() of one batch and finish() of the one
// before it usually share a commit. Thread-safe.

#pragma once

#include <map>

#include "notifier/ledger.h"
#include "notifier/quota.h"
#include "notifier/store_sqlite.h"

namespace notifier {

class LedgerSqlite final : public Ledger {
 public:
  // `quotas`: of the channels that have one.
  LedgerSqlite(StoreSqlite& store, std::map<Channel, Quota> quotas) : store_(store), quotas_(std::move(quotas)) {}

  common::Task<common::Result<Claim>> claim(int partition) override;
  common::Task<common::Result<Begun>> begin(Position position, std::vector<Proposal> proposals,
                                            common::TimePoint now) override;
  common::Task<common::Result<std::size_t>> finish(std::vector<Finish> outcomes, common::TimePoint now) override;
  common::Task<common::Result<std::vector<DeliveryId>>> overdue(common::TimePoint since, common::TimePoint now,
                                                                std::size_t limit) override;
  common::Task<common::Result<Tally>> tally(NotificationId broadcast) override;
  common::Task<common::Result<std::vector<Row>>> rows(NotificationId notification) override;
  common::Task<common::Result<std::vector<DeadLetter>>> dead_letters(std::size_t limit,
                                                                     std::optional<std::int64_t> before) override;
  common::Task<common::Result<bool>> redrive(std::int64_t dead_letter, common::TimePoint now) override;
  common::Task<common::Result<std::size_t>> close_digests(common::TimePoint now, std::size_t limit) override;
  common::Task<common::Result<std::vector<NotificationId>>> digest_items(NotificationId digest) override;
  common::Task<common::Result<common::Duration>> take_quota(Channel channel, std::int64_t wanted, bool critical,
                                                            common::TimePoint now) override;

 private:
  StoreSqlite& store_;
  const std::map<Channel, Quota> quotas_;
};

}  // namespace notifier
