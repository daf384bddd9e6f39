#include "notifier/queue_kafka.h"

#include "common/log.h"
#include "notifier/queue_reader_kafka.h"

namespace notifier {

using common::Result;
using common::Task;

QueueKafka::QueueKafka(common::Executor executor, Options options, const common::Clock& clock)
    : options_(std::move(options)), clock_(clock), producer_(executor, {.brokers = options_.brokers}) {}

std::string QueueKafka::topic_of(Lane lane, std::size_t tier) const {
  const std::string name = options_.prefix + "." + std::string(to_string(lane));
  return lane == Lane::retry ? name + "." + std::to_string(tier) : name;
}

Task<> QueueKafka::prepare() {
  preparing_ = true;
  std::vector<common::kafka::TopicSpec> topics{{options_.prefix + ".dead_letters", 1}};
  for (const Lane lane : {Lane::critical, Lane::normal, Lane::bulk})
    topics.push_back({topic_of(lane, 0), options_.partitions});
  for (std::size_t tier = 0; tier < retry_tiers.size(); ++tier)
    topics.push_back({topic_of(Lane::retry, tier), options_.retry_partitions});
  while (!stopping_) {
    std::string reason;
    co_await common::kafka::run_blocking([&] {
      try {
        common::kafka::create_topics(options_.brokers, topics);
      } catch (const std::exception& error) {
        reason = error.what();
      }
    });
    if (reason.empty()) break;
    common::log::warn("topics are not there yet", {{"reason", reason}});
    co_await common::sleep_for(std::chrono::seconds{1});
  }
  preparing_ = false;
}

Task<Result<void>> QueueKafka::publish(Lane lane, std::vector<Message> messages) {
  const auto now = clock_.now();
  std::vector<common::kafka::Record> records;
  records.reserve(messages.size());
  for (auto& message : messages) {
    const bool retry = lane == Lane::retry;
    const int partitions = retry ? options_.retry_partitions : options_.partitions;
    const auto partition = partition_of(message.user, static_cast<std::uint32_t>(partitions));
    std::string value = to_text(message);
    records.push_back({.topic = topic_of(lane, retry ? retry_tier(message.not_before - now) : 0),
                       .partition = static_cast<int>(partition),
                       .key = std::move(message.user),
                       .value = std::move(value),
                       .traceparent = std::move(message.traceparent)});
  }
  auto sent = co_await producer_.send(std::move(records));
  reachable_ = sent.has_value();
  co_return sent;
}

Task<> QueueKafka::announce_dead(std::vector<Message> messages) {
  std::vector<common::kafka::Record> records;
  for (auto& message : messages) {
    std::string value = to_text(message);
    records.push_back(
        {.topic = options_.prefix + ".dead_letters", .key = std::move(message.user), .value = std::move(value)});
  }
  const auto sent = co_await producer_.send(std::move(records));
  if (sent.has_error()) common::log::warn("dead letters were not announced", {{"reason", sent.error().message}});
}

std::unique_ptr<QueueReader> QueueKafka::reader(Lane lane, common::Executor executor, ReaderEvents events) {
  std::vector<std::string> topics;
  for (std::size_t tier = 0; tier < (lane == Lane::retry ? retry_tiers.size() : 1); ++tier)
    topics.push_back(topic_of(lane, tier));
  common::kafka::ConsumerOptions options{.brokers = options_.brokers,
                                         .group = options_.prefix + "." + std::string(to_string(lane)),
                                         .topics = topics,
                                         .session = options_.session};
  // A lane's topic that is created a moment later is found soon.
  options.more = {{"topic.metadata.refresh.interval.ms", "5000"}, {"allow.auto.create.topics", "false"}};
  return std::make_unique<QueueReaderKafka>(lane, std::move(topics), std::move(options), std::move(executor),
                                            std::move(events), clock_);
}

Task<> QueueKafka::stop() {
  stopping_ = true;
  while (preparing_)  // a thread of its own is asking the brokers, and comes back to this one
    co_await common::sleep_for(std::chrono::milliseconds{20});
  co_await producer_.stop();
}

std::optional<std::string> QueueKafka::trouble() const {
  if (reachable_) return std::nullopt;
  return "Kafka does not take messages";
}

}  // namespace notifier
