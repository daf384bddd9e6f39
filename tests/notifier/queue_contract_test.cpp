// What every queue promises (queue.h). Kafka's runs where there is a broker, with a prefix of its own.

#include "notifier/queue.h"

#include <map>
#include <set>

#include "common/clock.h"
#include "common/random.h"
#include "common/text.h"
#include "notifier/queue_kafka.h"
#include "notifier/queue_reader_kafka.h"
#include "notifier/queue_reader_sqlite.h"
#include "notifier/queue_sqlite.h"
#include "tests/support/catch.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"
#include "tests/support/temp_folder.h"

#ifndef QUEUE_KINDS
#define QUEUE_KINDS "sqlite"
#endif

using namespace notifier;
using namespace std::chrono_literals;
using common::Result;
using common::Task;

namespace {

std::unique_ptr<Queue> open(const std::string& kind, const std::filesystem::path& folder, const common::Clock& clock,
                            const std::string& prefix) {
  if (kind == "sqlite") return std::make_unique<QueueSqlite>(folder, clock);
  const std::string brokers = std::getenv("KAFKA_BROKERS");
  return std::make_unique<QueueKafka>(testing::RunningRuntime::current()->runtime().executor(),
                                      QueueKafka::Options{.brokers = brokers, .prefix = prefix, .partitions = 4},
                                      clock);
}

// Two processes' views of one queue, and the threads they live on.
class QueuesUnderTest {
 public:
  explicit QueuesUnderTest(const std::string& kind)
      : one(open(kind, folder_.path(), clock, prefix_)), two(open(kind, folder_.path(), clock, prefix_)) {
    if (auto* kafka = dynamic_cast<QueueKafka*>(one.get())) testing::run_task(kafka->prepare());
  }
  ~QueuesUnderTest() {
    testing::run_task(one->stop());
    testing::run_task(two->stop());
  }

 private:
  testing::TempFolder folder_;
  testing::RunningRuntime running_{1};
  std::string prefix_ = "test." + std::to_string(common::SecureRandom().next());

 public:
  common::SystemClock clock;
  std::unique_ptr<Queue> one;
  std::unique_ptr<Queue> two;
};

bool is_there(const std::string& kind) {
  return kind == "sqlite" || testing::require_or_skip(std::getenv("KAFKA_BROKERS") != nullptr,
                                                      "KAFKA_BROKERS is not set: ./run services up");
}

#define FOR_EACH_QUEUE(queues)                    \
  const std::string kind = GENERATE(QUEUE_KINDS); \
  INFO(kind);                                     \
  if (!is_there(kind)) return;                    \
  QueuesUnderTest queues(kind)

// A reader as a worker has it: it keeps the offsets itself, and knows what it was asked.
struct Reader {
  Reader(Queue& queue, Lane lane, common::Executor executor, std::map<int, std::int64_t>& kept) : offsets(kept) {
    ReaderEvents events;
    events.assigned = [this](int partition) { return assigned(partition); };
    events.revoked = [this](int partition) { return revoked(partition); };
    reader = queue.reader(lane, executor, std::move(events));
  }
  Task<Result<std::int64_t>> assigned(int partition) {
    partitions.insert(partition);
    co_return offsets[partition];
  }
  Task<> revoked(int partition) {
    partitions.erase(partition);
    co_return;
  }
  // Takes until `count` have come or `patience` passed.
  Task<std::vector<Received>> take(std::size_t count, std::chrono::milliseconds patience) {
    std::vector<Received> all;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (all.size() < count && std::chrono::steady_clock::now() < end) {
      auto some = co_await reader->take(100, 100ms);
      if (some.has_error()) throw std::runtime_error(some.error().message);
      for (auto& each : *some) {
        if (each.offset != offsets[each.partition]) ++out_of_order;
        offsets[each.partition] = each.offset + 1;
        reader->processed(each.partition, each.offset + 1);
        all.push_back(std::move(each));
      }
    }
    co_return all;
  }

  std::map<int, std::int64_t>& offsets;
  std::set<int> partitions;
  int out_of_order = 0;
  std::unique_ptr<QueueReader> reader;
};

Message message(const std::string& user, NotificationId id = 1) {
  return {.notification = id,
          .user = user,
          .channels = only(Channel::push),
          .not_before = {},
          .traceparent = "trace-" + user};
}

std::vector<Message> messages(int count, NotificationId id = 1) {
  std::vector<Message> all;
  for (int i = 0; i < count; ++i)
    all.push_back(message("u" + std::to_string(i), id));
  return all;
}

std::set<std::string> users(const std::vector<Received>& received) {
  std::set<std::string> all;
  for (const auto& each : received)
    all.insert(each.message.user);
  return all;
}

}  // namespace

TEST_CASE("what was published is received, whole, each user's in order") {
  FOR_EACH_QUEUE(queues);
  const auto test = [&]() -> Task<> {
    for (const NotificationId id : {1, 2, 3}) {
      auto batch = messages(50, id);
      const auto published = co_await queues.one->publish(Lane::bulk, std::move(batch));
      if (published.has_error()) throw std::runtime_error(published.error().message);
    }
    std::map<int, std::int64_t> offsets;
    const auto executor = co_await boost::asio::this_coro::executor;
    Reader reader(*queues.two, Lane::bulk, executor, offsets);
    const auto all = co_await reader.take(150, 30s);
    CHECK(all.size() == 150);
    CHECK(users(all).size() == 50);
    CHECK(reader.out_of_order == 0);
    CHECK(reader.partitions.size() == 4);
    std::map<std::string, NotificationId> last;
    for (const auto& [partition, offset, got] : all) {
      CHECK(got.notification == ++last[got.user]);
      CHECK(got.channels == only(Channel::push));
      CHECK(got.traceparent == "trace-" + got.user);
    }
    co_await reader.reader->stop();
  };
  testing::run_task(test());
}

TEST_CASE("lanes do not see each other's messages") {
  FOR_EACH_QUEUE(queues);
  const auto test = [&]() -> Task<> {
    auto bulk = messages(10);
    auto critical = messages(1, 2);
    (co_await queues.one->publish(Lane::bulk, std::move(bulk))).value();
    (co_await queues.one->publish(Lane::critical, std::move(critical))).value();
    std::map<int, std::int64_t> offsets;
    const auto executor = co_await boost::asio::this_coro::executor;
    Reader reader(*queues.one, Lane::critical, executor, offsets);
    const auto all = co_await reader.take(1, 30s);
    CHECK(all.size() == 1);
    const auto none = co_await reader.take(1, 500ms);
    CHECK(none.empty());
    co_await reader.reader->stop();
  };
  testing::run_task(test());
}

TEST_CASE("who comes later goes on where the ledger says, not where the queue thinks") {
  FOR_EACH_QUEUE(queues);
  const auto test = [&]() -> Task<> {
    auto batch = messages(40);
    (co_await queues.one->publish(Lane::normal, std::move(batch))).value();
    std::map<int, std::int64_t> offsets;
    const auto executor = co_await boost::asio::this_coro::executor;
    {
      Reader reader(*queues.one, Lane::normal, executor, offsets);
      const auto all = co_await reader.take(40, 30s);
      CHECK(all.size() == 40);
      co_await reader.reader->stop();
      CHECK(reader.partitions.empty());
    }
    for (auto& [partition, offset] : offsets)
      offset -= 2;  // the ledger knows less than the queue was told
    Reader reader(*queues.two, Lane::normal, executor, offsets);
    const auto again = co_await reader.take(8, 30s);
    CHECK(again.size() == 8);
    const auto none = co_await reader.take(1, 300ms);
    CHECK(none.empty());
    co_await reader.reader->stop();
  };
  testing::run_task(test());
}

TEST_CASE("two readers share a lane, each partition read by one, and one that leaves is replaced") {
  FOR_EACH_QUEUE(queues);
  const auto test = [&]() -> Task<> {
    std::map<int, std::int64_t> offsets;
    const auto executor = co_await boost::asio::this_coro::executor;
    Reader first(*queues.one, Lane::bulk, executor, offsets);
    co_await first.take(1, 3s);
    Reader second(*queues.two, Lane::bulk, executor, offsets);
    const auto end = std::chrono::steady_clock::now() + 30s;
    while ((first.partitions.size() != 2 || second.partitions.size() != 2) && std::chrono::steady_clock::now() < end) {
      co_await first.take(1, 100ms);
      co_await second.take(1, 100ms);
    }
    CHECK(first.partitions.size() == 2);
    CHECK(second.partitions.size() == 2);
    auto batch = messages(40);
    (co_await queues.one->publish(Lane::bulk, std::move(batch))).value();
    const auto half = co_await first.take(40, 2s);
    co_await first.reader->stop();
    const auto rest = co_await second.take(40 - half.size(), 30s);
    auto all = users(half);
    all.merge(users(rest));
    CHECK(all.size() == 40);
    CHECK(half.size() + rest.size() == 40);
    CHECK_FALSE(half.empty());
    const auto replaced = std::chrono::steady_clock::now() + 30s;
    while (second.partitions.size() != 4 && std::chrono::steady_clock::now() < replaced)
      co_await second.take(1, 100ms);
    CHECK(second.partitions.size() == 4);
    co_await second.reader->stop();
  };
  testing::run_task(test());
}

TEST_CASE("a repetition is received when its time has come") {
  FOR_EACH_QUEUE(queues);
  const auto test = [&]() -> Task<> {
    const auto begin = queues.clock.now();
    std::vector<Message> batch{message("late"), message("soon")};
    batch[0].not_before = begin + 2500ms;
    (co_await queues.one->publish(Lane::retry, std::move(batch))).value();
    std::map<int, std::int64_t> offsets;
    const auto executor = co_await boost::asio::this_coro::executor;
    Reader reader(*queues.one, Lane::retry, executor, offsets);
    const auto soon = co_await reader.take(1, 30s);
    REQUIRE(soon.size() == 1);
    CHECK(soon[0].message.user == "soon");
    const auto late = co_await reader.take(1, 30s);
    REQUIRE(late.size() == 1);
    CHECK(late[0].message.user == "late");
    CHECK(queues.clock.now() >= begin + 2500ms);
    co_await reader.reader->stop();
  };
  testing::run_task(test());
}

TEST_CASE("a partition that is restarted is received again from where the ledger says") {
  FOR_EACH_QUEUE(queues);
  const auto test = [&]() -> Task<> {
    auto batch = messages(1);
    (co_await queues.one->publish(Lane::bulk, std::move(batch))).value();
    std::map<int, std::int64_t> offsets;
    const auto executor = co_await boost::asio::this_coro::executor;
    Reader reader(*queues.one, Lane::bulk, executor, offsets);
    const auto first = co_await reader.take(1, 30s);
    REQUIRE(first.size() == 1);
    offsets[first[0].partition] = 0;
    reader.reader->restart(first[0].partition);
    const auto second = co_await reader.take(1, 30s);
    CHECK(second.size() == 1);
    co_await reader.reader->stop();
  };
  testing::run_task(test());
}

TEST_CASE("a message is text that reads back, and nothing else is a message") {
  Message sent = message("ada", 1234567890123);
  sent.not_before = common::TimePoint{1s};
  Message got;
  CHECK(read_message(to_text(sent), got));
  CHECK(got.notification == sent.notification);
  CHECK(got.channels == sent.channels);
  CHECK(got.not_before == sent.not_before);
  for (const char* wrong : {"", "1", "1 2", "1 2 3 4", "a 2 3", "1 2 3 ", "1  2 3"})
    CHECK_FALSE(read_message(wrong, got));
}

TEST_CASE("a wait chooses the longest tier that is not longer") {
  CHECK(retry_tier(0s) == 0);
  CHECK(retry_tier(1999ms) == 0);
  CHECK(retry_tier(2s) == 1);
  CHECK(retry_tier(119s) == 2);
  CHECK(retry_tier(24h) == 4);
  CHECK(retry_tier(-5s) == 0);
}
