// Producer and consumer against the real broker, and against librdkafka's mock cluster where a broker has to fail in a
// certain way. The mock proves how the client reacts, never that something is durable.

// clang-format off: the mock needs the other before it
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on

#include <map>
#include <set>

#include "common/kafka/consumer.h"
#include "common/kafka/handle.h"
#include "common/kafka/producer.h"
#include "common/random.h"
#include "tests/support/catch.h"
#include "tests/support/require.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"

using namespace common::kafka;
using namespace std::chrono_literals;
using common::Failure;
using common::Result;
using common::Task;

namespace {

std::string brokers() {
  const char* const value = std::getenv("KAFKA_BROKERS");
  return testing::require_or_skip(value != nullptr, "KAFKA_BROKERS is not set: ./run services up") ? value : "";
}

std::string fresh() {
  return "test." + std::to_string(common::SecureRandom().next());
}

std::vector<Record> records(const std::string& topic, std::size_t count) {
  std::vector<Record> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({.topic = topic,
                   .key = "k" + std::to_string(i),
                   .value = std::to_string(i),
                   .traceparent = i == 0 ? "trace" : ""});
  return all;
}

class MockCluster {
 public:
  MockCluster()
      : host_(make_handle(RD_KAFKA_PRODUCER, make_conf({}))), cluster_(rd_kafka_mock_cluster_new(host_.get(), 1)) {}
  ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }
  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  rd_kafka_mock_cluster_t* get() { return cluster_; }

 private:
  HandlePtr host_;
  rd_kafka_mock_cluster_t* cluster_;
};

struct Events {
  std::map<Partition, std::int64_t> offsets;
  std::set<Partition> held;
  ConsumerEvents events() {
    return {.assigned = [this](const Partition& p) { return assigned(p); },
            .revoked = [this](const Partition& p) { return revoked(p); }};
  }
  Task<Result<std::int64_t>> assigned(Partition partition) {
    held.insert(partition);
    co_return offsets[partition];
  }
  Task<> revoked(Partition partition) {
    held.erase(partition);
    co_return;
  }
};

}  // namespace

TEST_CASE("brokers are written as a URL") {
  CHECK(*parse_brokers("kafka://a:9092") == "a:9092");
  CHECK(*parse_brokers("kafka://a:1,b:2") == "a:1,b:2");
  for (const char* wrong :
       {"kafka://", "a:9092", "kafka://a", "kafka://a:", "kafka://:1", "kafka://a:1,", "kafka://a:b", "kafka://a:1/x"})
    CHECK(parse_brokers(wrong).has_error());
}

TEST_CASE("records that were acknowledged come back, from the offset that the application says") {
  const auto where = brokers();
  if (where.empty()) return;
  testing::RunningRuntime running(1);
  const auto test = [&]() -> Task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    const std::string topic = fresh();
    create_topics(where, {{topic, 3}});
    create_topics(where, {{topic, 3}});  // they may be there
    Producer producer(executor, {.brokers = where});
    auto batch = records(topic, 1000);
    const auto sent = co_await producer.send(std::move(batch));
    CHECK(sent.has_value());
    CHECK(producer.acknowledged() == 1000);
    Events events;
    events.offsets[{topic, 0}] = 10;
    Consumer consumer(executor, {.brokers = where, .group = topic, .topics = {topic}}, events.events());
    std::map<Partition, std::int64_t> next;
    std::size_t got = 0;
    bool traced = false;
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (got < 990 && std::chrono::steady_clock::now() < end) {
      const auto some = co_await consumer.take(100, 500ms);
      for (const auto& each : *some) {
        const auto [at, first] = next.emplace(each.partition, each.partition.number == 0 ? 10 : 0);
        CHECK(each.offset == at->second++);
        traced = traced || each.traceparent == "trace";
        ++got;
      }
    }
    CHECK(got == 990);
    CHECK(events.held.size() == 3);
    co_await consumer.stop();
    CHECK(events.held.empty());
    co_await producer.stop();
    auto late = records(topic, 1);
    const auto refused = co_await producer.send(std::move(late));
    CHECK(refused.error().kind == Failure::closed);
  };
  testing::run_task(test());
}

TEST_CASE("a broker that is away fails what cannot be sent in time, and promises that nothing was done") {
  testing::RunningRuntime running(1);
  const auto test = [&]() -> Task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    Producer producer(executor, {.brokers = "127.0.0.1:1", .deadline = 1000ms});
    auto batch = records("x", 3);
    const auto sent = co_await producer.send(std::move(batch));
    REQUIRE(sent.has_error());
    CHECK(sent.error().kind == Failure::unavailable);
    CHECK(producer.given_up() == 3);
    co_await producer.stop();
  };
  testing::run_task(test());
}

TEST_CASE("a broker that refuses for a moment is asked again, and each record is written once") {
  testing::RunningRuntime running(1);
  MockCluster mock;
  rd_kafka_mock_topic_create(mock.get(), "t", 1, 1);
  const rd_kafka_resp_err_t faults[] = {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS};
  rd_kafka_mock_push_request_errors_array(mock.get(), 0 /* Produce */, 2, faults);
  const auto test = [&]() -> Task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    Producer producer(executor, {.brokers = mock.brokers()});
    auto batch = records("t", 100);
    const auto sent = co_await producer.send(std::move(batch));
    CHECK(sent.has_value());
    CHECK(producer.acknowledged() == 100);
    co_await producer.stop();
  };
  testing::run_task(test());
}

TEST_CASE("a broker that goes down and comes back is found again, by producer and consumer") {
  testing::RunningRuntime running(1);
  MockCluster mock;
  rd_kafka_mock_topic_create(mock.get(), "t", 1, 1);
  const auto test = [&]() -> Task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    Producer producer(executor, {.brokers = mock.brokers(), .deadline = 20'000ms});
    Events events;
    Consumer consumer(executor, {.brokers = mock.brokers(), .group = "g", .topics = {"t"}}, events.events());
    auto before = records("t", 10);
    (co_await producer.send(std::move(before))).value();
    rd_kafka_mock_broker_set_down(mock.get(), 1);
    co_await common::sleep_for(300ms);  // the outage under test
    rd_kafka_mock_broker_set_up(mock.get(), 1);
    auto after = records("t", 10);
    (co_await producer.send(std::move(after))).value();
    std::size_t got = 0;
    const auto end = std::chrono::steady_clock::now() + 40s;
    while (got < 20 && std::chrono::steady_clock::now() < end) {
      const auto some = co_await consumer.take(100, 500ms);
      got += some->size();
    }
    CHECK(got == 20);
    co_await consumer.stop();
    co_await producer.stop();
  };
  testing::run_task(test());
}

TEST_CASE("a paused partition is not fetched, and one that is restarted is read again") {
  const auto where = brokers();
  if (where.empty()) return;
  testing::RunningRuntime running(1);
  const auto test = [&]() -> Task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    const std::string topic = fresh();
    create_topics(where, {{topic, 1}});
    Producer producer(executor, {.brokers = where});
    Events events;
    Consumer consumer(executor, {.brokers = where, .group = topic, .topics = {topic}}, events.events());
    auto first = records(topic, 1);
    (co_await producer.send(std::move(first))).value();
    const auto take_one = [&](std::chrono::seconds patience) -> Task<std::size_t> {
      std::size_t got = 0;
      const auto end = std::chrono::steady_clock::now() + patience;
      while (got == 0 && std::chrono::steady_clock::now() < end) {
        const auto some = co_await consumer.take(10, 200ms);
        got += some->size();
      }
      co_return got;
    };
    const auto got = co_await take_one(30s);
    CHECK(got == 1);
    consumer.restart({topic, 0});
    const auto again = co_await take_one(30s);
    CHECK(again == 1);
    consumer.pause({topic, 0});
    auto second = records(topic, 1);
    (co_await producer.send(std::move(second))).value();
    const auto none = co_await take_one(1s);
    CHECK(none == 0);
    consumer.resume({topic, 0});
    const auto after = co_await take_one(30s);
    CHECK(after == 1);
    consumer.pause({topic, 0});
    consumer.restart({topic, 0});
    const auto anew = co_await take_one(30s);
    CHECK(anew > 0);  // who begins anew is not paused
    consumer.store({topic, 0}, 2);
    co_await consumer.stop();
    co_await producer.stop();
  };
  testing::run_task(test());
}
