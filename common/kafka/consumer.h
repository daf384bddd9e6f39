// Reads records as a member of a consumer group, with offsets that somebody else keeps.
//
//   Consumer consumer(executor, {.brokers = …, .group = "workers", .topics = {"jobs"}}, {assigned, revoked});
//   auto records = co_await consumer.take(1000, 500ms);
//
//   1. A partition that is assigned begins at the offset that `assigned` answers: what was processed is known best
//      where it was processed (a database). Kafka's own committed offset is kept beside, for lag monitors: store().
//   2. A partition is given back after `revoked` has returned: drain there what is under way. Only then does the group
//      hand it to another member. Assignment is cooperative (KIP-429): partitions that stay are not interrupted.
//   3. A member that was out of touch for longer than the session loses its partitions without being asked. It may
//      learn of it late; whoever writes on its behalf needs a fence of his own.
//   4. Nothing is taken while `assigned` or `revoked` runs.
//   5. Records of a partition come in order, and after a loss of connection again from where they stopped.
//
// Belongs to the thread of its executor. stop() before it goes.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/kafka/client.h"

namespace common::kafka {

struct Partition {
  std::string topic;
  int number = 0;

  bool operator==(const Partition&) const = default;
  auto operator<=>(const Partition&) const = default;
};

struct Consumed {
  Partition partition;
  std::int64_t offset = 0;
  std::string key;
  std::string value;
  std::string traceparent{};
};

struct ConsumerOptions {
  std::string brokers{};
  std::string group{};
  std::vector<std::string> topics{};
  std::chrono::milliseconds session{6000};  // out of touch for longer: replaced. Brokers take no less
  Settings more{};
};

struct ConsumerEvents {
  // Where to begin. A failure leaves the partition unread until restart() or the next rebalance.
  std::function<Task<Result<std::int64_t>>(const Partition&)> assigned;
  std::function<Task<>(const Partition&)> revoked;
};

class Consumer {
 public:
  // Joins in the background. Throws std::runtime_error for settings that librdkafka refuses.
  Consumer(Executor executor, ConsumerOptions options, ConsumerEvents events);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // At least one record, or none when `wait` passed.
  Task<Result<std::vector<Consumed>>> take(std::size_t limit, std::chrono::milliseconds wait);

  // Everything of the partition before `offset` was processed.
  void store(const Partition& partition, std::int64_t offset);

  // Stops fetching from it, and goes on. What is assigned anew, or restarted, is not paused.
  void pause(const Partition& partition);
  void resume(const Partition& partition);

  // Asks `assigned` again, within the next take(), and reads from there.
  void restart(const Partition& partition);

  // `revoked` for all, then leaves the group. Blocks nobody; takes a second or two.
  Task<> stop();

 private:
  struct State;
  Task<> assign(std::vector<Partition> partitions);
  Task<> revoke(std::vector<Partition> partitions);
  Task<> handle_rebalances();

  std::unique_ptr<State> state_;
};

}  // namespace common::kafka
