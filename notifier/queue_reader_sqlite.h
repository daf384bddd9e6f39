// One reader of queue_sqlite.h: its membership, its partitions, its place in each.

#pragma once

#include <map>

#include "notifier/queue_sqlite.h"

namespace notifier {

class QueueReaderSqlite final : public QueueReader {
 public:
  QueueReaderSqlite(QueueSqlite& queue, Lane lane, common::Executor executor, ReaderEvents events);

  common::Task<common::Result<std::vector<Received>>> take(std::size_t limit, std::chrono::milliseconds wait) override;
  void processed(int partition, std::int64_t offset) override;
  void restart(int partition) override;
  common::Task<> stop() override;

 private:
  struct Place {
    std::int64_t next = 0;       // to be handed out
    std::int64_t processed = 0;  // the ledger has it
    std::int64_t trimmed = 0;    // deleted
  };

  common::Task<common::Result<void>> keep_membership();
  common::Task<common::Result<void>> rebalance(const std::vector<int>& mine, const std::vector<int>& held);
  common::Task<common::Result<void>> trim();
  common::Result<std::vector<Received>> read(std::size_t limit);

  QueueSqlite& queue_;
  const Lane lane_;
  const common::Executor executor_;
  const ReaderEvents events_;
  const std::string member_;
  common::Instant member_until_{};  // when to say again that we live
  std::map<int, Place> places_;     // the partitions that are ours
  int turn_ = 0;                    // the partition to begin with
};

}  // namespace notifier
