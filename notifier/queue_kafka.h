// The queue on Kafka: a topic for each lane, one for each tier of retries, one for dead letters.
//
//   PREFIX.critical  PREFIX.normal  PREFIX.bulk  PREFIX.retry.0 … PREFIX.retry.4  PREFIX.dead_letters
//
// Idempotent producer, keyed by user; readers of a lane are a consumer group whose offsets are the ledger's
// (common/kafka/consumer.h). The trace travels in a header. Topics are created when missing; a broker that is away then
// is no reason to fail: whoever needs it waits.
//
// The cluster's copy of an offset is for monitors; losing it loses nothing.

#pragma once

#include <memory>
#include <string>

#include "common/clock.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "notifier/queue.h"

namespace notifier {

class QueueKafka final : public Queue {
 public:
  struct Options {
    std::string brokers{};  // "host:port,…"
    std::string prefix = "notifier";
    int partitions = 8;        // of each lane
    int retry_partitions = 2;  // of each tier
    std::chrono::milliseconds session{6000};
  };

  QueueKafka(common::Executor executor, Options options, const common::Clock& clock);

  common::Task<common::Result<void>> publish(Lane lane, std::vector<Message> messages) override;
  common::Task<> announce_dead(std::vector<Message> messages) override;
  std::unique_ptr<QueueReader> reader(Lane lane, common::Executor executor, ReaderEvents events) override;
  common::Task<> stop() override;
  std::optional<std::string> trouble() const override;

  // Creates the topics, waiting for the brokers as long as it takes. Run beside the server.
  common::Task<> prepare();

 private:
  std::string topic_of(Lane lane, std::size_t tier) const;

  const Options options_;
  const common::Clock& clock_;
  common::kafka::Producer producer_;
  std::atomic<bool> reachable_{true};  // the last publish
  std::atomic<bool> stopping_{false};
  std::atomic<bool> preparing_{false};
};

}  // namespace notifier
