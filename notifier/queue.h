// Between planning and delivering: partitioned logs, read by workers that share the partitions. One interface, one
// contract test (tests/notifier/queue_contract_test.cpp), one file an engine. The words are Kafka's.
//
// Four lanes, each with partitions of its own and readers of its own: what is critical never stands behind bulk, and
// what waits for its next attempt delays nobody.
//
//   1. publish() answers when all messages are durable. Some may be there after a failure: at least once.
//   2. Messages of one user stand in one partition of a lane, in the order of their publishing.
//   3. A partition is read by one reader of a group at a time, as far as the queue can tell. A reader that was taken
//      for dead may wake up and think that it still is the one: the ledger's generation tells (ledger.h).
//   4. A partition that a reader gets begins at the offset that `assigned` says, which is the ledger's, not the
//      queue's. Before it goes to another reader, `revoked` returns: what was under way is done.
//   5. A message of the retry lane is handed out once its time has come. Its tier is a log too: it may wait for those
//      before it, for as long at most as its tier's delay (retry_tier()).
//   6. A reader that stops without a word is replaced within 10 s.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/runtime/task.h"
#include "notifier/notification.h"

namespace notifier {

enum class Lane : std::uint8_t { critical, normal, bulk, retry };
inline constexpr std::array<Lane, 4> all_lanes = {Lane::critical, Lane::normal, Lane::bulk, Lane::retry};
inline constexpr std::array<std::string_view, 4> lane_names = {"critical", "normal", "bulk", "retry"};

constexpr std::string_view to_string(Lane lane) noexcept {
  return lane_names[static_cast<std::size_t>(lane)];
}
constexpr Lane lane_of(Priority priority) noexcept {
  return static_cast<Lane>(priority);
}

// Delays of the retry lane's tiers: a message goes to the longest that is not longer than its wait.
inline constexpr std::array<std::chrono::milliseconds, 5> retry_tiers = {
    std::chrono::milliseconds{0}, std::chrono::seconds{2}, std::chrono::seconds{15}, std::chrono::minutes{2},
    std::chrono::minutes{20}};

constexpr std::size_t retry_tier(std::chrono::microseconds wait) noexcept {
  std::size_t tier = 0;
  while (tier + 1 < retry_tiers.size() && retry_tiers[tier + 1] <= wait)
    ++tier;
  return tier;
}

// How the ledger numbers partitions: each lane, and each tier of the retry lane, has numbers of its own.
constexpr int partition_number(Lane lane, std::size_t tier, int partition) noexcept {
  return static_cast<int>(lane) * 10'000 + static_cast<int>(tier) * 1'000 + partition;
}

struct Message {
  NotificationId notification = 0;
  std::string user{};
  Channels channels{};
  common::TimePoint not_before{};  // of the retry lane
  std::string traceparent{};       // empty: not traced
};

// The message without user and trace, which travel as the record's key and header. Text: "ID CHANNELS NOT_BEFORE".
std::string to_text(const Message& message);
// False for what to_text() did not make.
bool read_message(std::string_view text, Message& message);

// Which of `count` partitions a user belongs to: FNV-1a and a finaliser, so that every engine agrees.
std::uint32_t partition_of(std::string_view user, std::uint32_t count) noexcept;

struct Received {
  int partition = 0;  // as the ledger numbers it
  std::int64_t offset = 0;
  Message message;
};

// What a reader asks of the worker that uses it. Called on the reader's thread, while no take() returns.
struct ReaderEvents {
  // A partition is ours: where to begin. A failure gives it back.
  std::function<common::Task<common::Result<std::int64_t>>(int partition)> assigned;
  // It is about to go: returns when nothing of it is under way any more.
  std::function<common::Task<>(int partition)> revoked;
};

class QueueReader {
 public:
  virtual ~QueueReader() = default;

  // The next messages, in order within each partition: at least one, or none when `wait` passed. A failure may pass.
  virtual common::Task<common::Result<std::vector<Received>>> take(std::size_t limit,
                                                                   std::chrono::milliseconds wait) = 0;
  // The ledger has everything of `partition` before `offset`: the queue may forget it.
  virtual void processed(int partition, std::int64_t offset) = 0;
  // Asks `assigned` again where to begin: what was handed out of it is of no use any more.
  virtual void restart(int partition) = 0;
  // Gives all partitions back, after `revoked`. Nothing may be called after it.
  virtual common::Task<> stop() = 0;
};

class Queue {
 public:
  virtual ~Queue() = default;

  virtual common::Task<common::Result<void>> publish(Lane lane, std::vector<Message> messages) = 0;
  // Belongs to the thread of `executor`.
  // For whoever watches, beside the ledger's list: these were given up. Where there is no such place, nothing.
  virtual common::Task<> announce_dead(std::vector<Message>) { co_return; }
  virtual std::unique_ptr<QueueReader> reader(Lane lane, common::Executor executor, ReaderEvents events) = 0;
  // Waits for what is under way, and closes.
  virtual common::Task<> stop() = 0;
  // Why nothing can be published, if so: for a health check.
  virtual std::optional<std::string> trouble() const = 0;
};

}  // namespace notifier
