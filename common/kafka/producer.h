// Writes records to Kafka, and says when they are durable.
//
//   Producer producer(executor, {.brokers = "127.0.0.1:9092"});
//   auto sent = co_await producer.send(std::move(records));
//
//   1. send() answers when the brokers have acknowledged every record (acks=all), or one was given up.
//   2. Idempotent: within the life of this producer no record is in the log twice, however often the network made
//      librdkafka repeat it, and the records of a partition stand in the order of sending.
//   3. A failure names the worst of the records' outcomes: `unavailable` promises that none is in the log but those
//      acknowledged before; `unknown_outcome` that some may be.
//   4. Bounded: with queue_max records waiting, send() waits.
//
// Records of one send() are handed over without a thread hop: about a microsecond each. send() may be called on any
// thread; it resumes there. stop() before the io_context of the executor goes.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/kafka/client.h"

namespace common::kafka {

struct Record {
  std::string topic{};
  int partition = -1;  // -1: by the key
  std::string key{};
  std::string value{};
  std::string traceparent{};  // a header of that name; empty: none
};

struct ProducerOptions {
  std::string brokers{};  // "host:port,…"
  std::chrono::milliseconds linger{5};
  std::chrono::milliseconds deadline{10'000};  // of a record, librdkafka's repetitions included
  std::size_t queue_max = 100'000;             // records
  std::string compression = "lz4";
  Settings more{};  // of librdkafka, such as for tests
};

class Producer {
 public:
  Producer(Executor executor, ProducerOptions options);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  Task<Result<void>> send(std::vector<Record> records);

  // Waits for what is under way, at most for the records' deadline. On the executor.
  Task<> stop();

  // Records acknowledged and given up so far.
  std::uint64_t acknowledged() const noexcept;
  std::uint64_t given_up() const noexcept;

 private:
  struct State;
  static Task<> answer_reports(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace common::kafka
