// What producer and consumer share: librdkafka's handle, its settings, and waking on its events.
//
// librdkafka has threads of its own, which talk to brokers; what it has to say waits in queues. A queue that is no
// longer empty writes to an eventfd, and that is a descriptor like any other: a coroutine waits for it in Asio, drains
// the queue, and waits again. So the runtime's threads never block on Kafka. What does block (closing a consumer,
// flushing, creating topics) runs on a thread of its own (run_blocking).
//
// Source: librdkafka's INTRODUCTION.md and rdkafka.h (rd_kafka_queue_io_event_enable).

#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/runtime/park.h"
#include "common/runtime/task.h"

struct rd_kafka_s;
struct rd_kafka_queue_s;

namespace common::kafka {

// Settings by librdkafka's names (CONFIGURATION.md).
using Settings = std::vector<std::pair<std::string, std::string>>;

// "kafka://host:port,host:port" → "host:port,host:port"; Failure::invalid, with the accepted form.
Result<std::string> parse_brokers(std::string_view url);

// Wakes a coroutine when a queue of librdkafka's is no longer empty. Belongs to the thread of its executor.
class QueueWaker {
 public:
  // `queue` outlives this.
  QueueWaker(Executor executor, rd_kafka_queue_s* queue);
  ~QueueWaker();
  QueueWaker(const QueueWaker&) = delete;
  QueueWaker& operator=(const QueueWaker&) = delete;

  // Until something was added since the last wait, `limit` passed, or stop() was called. Drain before waiting.
  Task<> wait(std::chrono::nanoseconds limit);
  void stop();

 private:
  rd_kafka_queue_s* const queue_;
  boost::asio::posix::basic_stream_descriptor<Executor> event_;
  Timer limit_;
  bool stopped_ = false;
};

// Runs `work` on a thread of its own while the caller sleeps. What it throws is rethrown.
Task<> run_blocking(std::function<void()> work);

struct TopicSpec {
  std::string name;
  int partitions = 1;
};

// Creates those that are missing. Blocks. Throws std::runtime_error when the brokers do not answer or refuse.
void create_topics(const std::string& brokers, const std::vector<TopicSpec>& topics);

}  // namespace common::kafka
