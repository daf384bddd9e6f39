#include "bench/baselines/librdkafka_loop.h"

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/kafka/handle.h"

namespace bench {

namespace kafka = common::kafka;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int partitions = 8;
constexpr std::chrono::minutes patience{10};
constexpr std::size_t batch = 5000;

void produce(const LibrdkafkaLoop& loop, Clock::time_point end) {
  auto conf =
      kafka::make_conf({{"bootstrap.servers", loop.brokers}, {"enable.idempotence", "true"}, {"linger.ms", "5"}});
  std::size_t failed = 0;
  rd_kafka_conf_set_opaque(conf.get(), &failed);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++*static_cast<std::size_t*>(opaque);
  });
  const auto producer = kafka::make_handle(RD_KAFKA_PRODUCER, std::move(conf));
  for (std::size_t i = 0; i < loop.records;) {
    char key[32];
    const int key_size = std::snprintf(key, sizeof key, "u%08zu", i);
    const auto code = rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(loop.topic.c_str()),
                                        RD_KAFKA_V_KEY(key, static_cast<std::size_t>(key_size)),
                                        RD_KAFKA_V_VALUE(const_cast<char*>(loop.value.data()), loop.value.size()),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) ++i;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      throw std::runtime_error(std::string("librdkafka: ") + rd_kafka_err2str(code));
    }
    rd_kafka_poll(producer.get(), code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 10 : 0);
    if (Clock::now() > end) throw std::runtime_error("librdkafka: producing took too long");
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  const bool flushed = rd_kafka_flush(producer.get(), static_cast<int>(left.count())) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!flushed || failed > 0) throw std::runtime_error("librdkafka: not all records were acknowledged");
}

void consume(const LibrdkafkaLoop& loop, Clock::time_point end) {
  const auto consumer = kafka::make_handle(RD_KAFKA_CONSUMER, kafka::make_conf({{"bootstrap.servers", loop.brokers},
                                                                                {"group.id", loop.topic},
                                                                                {"enable.auto.commit", "false"}}));
  const kafka::ListPtr all(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition) {
    rd_kafka_topic_partition_list_add(all.get(), loop.topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_poll_set_consumer(consumer.get());
  rd_kafka_assign(consumer.get(), all.get());
  const kafka::QueuePtr queue(rd_kafka_queue_get_consumer(consumer.get()));
  std::vector<rd_kafka_message_t*> messages(batch);
  for (std::size_t got = 0; got < loop.records;) {
    const auto count = rd_kafka_consume_batch_queue(queue.get(), 100, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      const kafka::MessagePtr message(messages[static_cast<std::size_t>(i)]);
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++got;
    }
    if (Clock::now() > end) throw std::runtime_error("librdkafka: not all records came back");
  }
  rd_kafka_consumer_close(consumer.get());
}

}  // namespace

std::chrono::nanoseconds run(const LibrdkafkaLoop& loop) {
  kafka::create_topics(loop.brokers, {{loop.topic, partitions}});
  const auto begin = Clock::now();
  std::exception_ptr failure;
  std::thread consumer([&] {
    try {
      consume(loop, begin + patience);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    produce(loop, begin + patience);
  } catch (...) {
    consumer.join();
    throw;
  }
  consumer.join();
  if (failure) std::rethrow_exception(failure);
  return Clock::now() - begin;
}

}  // namespace bench
