#include "notifier/queue_reader_kafka.h"

#include <algorithm>

#include "common/log.h"

namespace notifier {

using common::Result;
using common::Task;
using common::kafka::Partition;

namespace {

constexpr std::size_t at_hand_max = 20'000;  // records of a partition; more are left with the broker
constexpr std::size_t fetch_max = 5'000;

}  // namespace

QueueReaderKafka::QueueReaderKafka(Lane lane, std::vector<std::string> topics, common::kafka::ConsumerOptions options,
                                   common::Executor executor, ReaderEvents events, const common::Clock& clock)
    : lane_(lane),
      topics_(std::move(topics)),
      events_(std::move(events)),
      clock_(clock),
      consumer_(std::move(executor), std::move(options),
                {.assigned = [this](const Partition& partition) { return assigned(partition); },
                 .revoked = [this](const Partition& partition) { return revoked(partition); }}) {}

int QueueReaderKafka::number_of(const Partition& partition) const {
  const auto tier = std::find(topics_.begin(), topics_.end(), partition.topic) - topics_.begin();
  return partition_number(lane_, static_cast<std::size_t>(tier), partition.number);
}

Task<Result<std::int64_t>> QueueReaderKafka::assigned(const Partition& partition) {
  const int number = number_of(partition);
  places_[number] = Place{partition, {}, false};
  co_return co_await events_.assigned(number);
}

Task<> QueueReaderKafka::revoked(const Partition& partition) {
  const int number = number_of(partition);
  places_.erase(number);
  co_await events_.revoked(number);
}

Task<Result<std::vector<Received>>> QueueReaderKafka::take(std::size_t limit, std::chrono::milliseconds wait) {
  const auto end = clock_.monotonic() + wait;
  for (;;) {
    auto ready = hand_out(limit);
    const auto now = clock_.monotonic();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
    const auto pause =
        ready.empty() ? std::clamp(left, std::chrono::milliseconds{0}, until_next()) : std::chrono::milliseconds{0};
    // Also when something is at hand: rebalances are attended to, and more is fetched.
    auto more = co_await consumer_.take(fetch_max, pause);
    if (more.has_error()) co_return more.error();
    keep(std::move(*more));
    if (!ready.empty() && !places_.contains(ready.front().partition)) continue;  // it has gone just now
    if (!ready.empty() || now >= end) co_return ready;
  }
}

void QueueReaderKafka::keep(std::vector<common::kafka::Consumed> records) {
  for (auto& record : records) {
    const int number = number_of(record.partition);
    const auto place = places_.find(number);
    if (place == places_.end()) continue;
    Received received{number, record.offset, {}};
    if (!read_message(record.value, received.message)) {
      common::log::error("a record is no message", {{"topic", record.partition.topic}, {"offset", record.offset}});
      received.message.notification = 0;  // nobody's: passed over, with its offset
    }
    received.message.user = std::move(record.key);
    received.message.traceparent = std::move(record.traceparent);
    place->second.waiting.push_back(std::move(received));
    if (!place->second.paused && place->second.waiting.size() >= at_hand_max) {
      place->second.paused = true;
      consumer_.pause(place->second.partition);
    }
  }
}

// Round robin over the partitions.
std::vector<Received> QueueReaderKafka::hand_out(std::size_t limit) {
  std::vector<Received> ready;
  const auto now = clock_.now();
  auto at = places_.lower_bound(turn_);
  for (std::size_t i = 0; i < places_.size() && ready.empty(); ++i) {
    if (at == places_.end()) at = places_.begin();
    auto& [number, place] = *at++;
    turn_ = number + 1;
    while (ready.size() < limit && !place.waiting.empty() && place.waiting.front().message.not_before <= now) {
      ready.push_back(std::move(place.waiting.front()));
      place.waiting.pop_front();
    }
    if (place.paused && place.waiting.size() < at_hand_max / 2) {
      place.paused = false;
      consumer_.resume(place.partition);
    }
  }
  return ready;
}

std::chrono::milliseconds QueueReaderKafka::until_next() const {
  auto next = std::chrono::milliseconds{1000};
  for (const auto& [number, place] : places_) {
    if (place.waiting.empty()) continue;
    const auto due =
        std::chrono::ceil<std::chrono::milliseconds>(place.waiting.front().message.not_before - clock_.now());
    next = std::clamp(due, std::chrono::milliseconds{1}, next);
  }
  return next;
}

void QueueReaderKafka::processed(int partition, std::int64_t offset) {
  const auto place = places_.find(partition);
  if (place != places_.end()) consumer_.store(place->second.partition, offset);
}

void QueueReaderKafka::restart(int partition) {
  const auto place = places_.find(partition);
  if (place == places_.end()) return;
  place->second.waiting.clear();
  consumer_.restart(place->second.partition);
}

Task<> QueueReaderKafka::stop() {
  co_await consumer_.stop();
  places_.clear();
}

}  // namespace notifier
