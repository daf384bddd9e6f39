// One reader of queue_kafka.h. A consumer's records come mixed; they are handed out one partition at a time, and those
// of a retry tier when their time has come. A partition with much at hand is not fetched meanwhile.

#pragma once

#include <deque>
#include <map>

#include "common/clock.h"
#include "common/kafka/consumer.h"
#include "notifier/queue.h"

namespace notifier {

class QueueReaderKafka final : public QueueReader {
 public:
  // `topics`: by tier.
  QueueReaderKafka(Lane lane, std::vector<std::string> topics, common::kafka::ConsumerOptions options,
                   common::Executor executor, ReaderEvents events, const common::Clock& clock);

  common::Task<common::Result<std::vector<Received>>> take(std::size_t limit, std::chrono::milliseconds wait) override;
  void processed(int partition, std::int64_t offset) override;
  void restart(int partition) override;
  common::Task<> stop() override;

 private:
  struct Place {
    common::kafka::Partition partition;
    std::deque<Received> waiting;
    bool paused = false;
  };

  int number_of(const common::kafka::Partition& partition) const;
  common::Task<common::Result<std::int64_t>> assigned(const common::kafka::Partition& partition);
  common::Task<> revoked(const common::kafka::Partition& partition);
  void keep(std::vector<common::kafka::Consumed> records);
  std::vector<Received> hand_out(std::size_t limit);
  std::chrono::milliseconds until_next() const;

  const Lane lane_;
  const std::vector<std::string> topics_;
  const ReaderEvents events_;
  const common::Clock& clock_;
  std::map<int, Place> places_;
  int turn_ = 0;
  common::kafka::Consumer consumer_;
};

}  // namespace notifier
