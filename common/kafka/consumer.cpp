#include "common/kafka/consumer.h"

#include <algorithm>
#include <deque>
#include <set>

#include "common/kafka/handle.h"
#include "common/log.h"

namespace common::kafka {
namespace {

struct Rebalance {
  bool assign = false;
  std::vector<Partition> partitions;
};

ListPtr list_of(const std::vector<Partition>& partitions) {
  ListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [topic, number] : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), number);
  return list;
}

void log_failure(const char* what, ErrorPtr error) {
  if (error) log::warn(what, {{"reason", rd_kafka_error_string(error.get())}});
}

Consumed consumed_of(const rd_kafka_message_t& message) {
  Consumed consumed;
  consumed.partition = {rd_kafka_topic_name(message.rkt), message.partition};
  consumed.offset = message.offset;
  consumed.key.assign(static_cast<const char*>(message.key), message.key_len);
  consumed.value.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_header_get_last(headers, "traceparent", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      consumed.traceparent.assign(static_cast<const char*>(value), size);
    }
  }
  return consumed;
}

}  // namespace

struct Consumer::State {
  State(Executor executor, const ConsumerOptions& options, ConsumerEvents given)
      : events(std::move(given)),
        handle(make(options, this)),
        queue(rd_kafka_queue_get_consumer(handle.get())),
        waker(executor, queue.get()) {}

  static HandlePtr make(const ConsumerOptions& options, State* self) {
    Settings settings{{"bootstrap.servers", options.brokers},
                      {"group.id", options.group},
                      {"partition.assignment.strategy", "cooperative-sticky"},
                      {"session.timeout.ms", std::to_string(options.session.count())},
                      {"heartbeat.interval.ms", std::to_string(options.session.count() / 4)},
                      {"auto.offset.reset", "earliest"},
                      {"enable.auto.offset.store", "false"},
                      {"auto.commit.interval.ms", "1000"},
                      {"queued.max.messages.kbytes", "16384"},
                      {"fetch.wait.max.ms", "100"}};
    settings.insert(settings.end(), options.more.begin(), options.more.end());
    auto conf = make_conf(settings);
    rd_kafka_conf_set_opaque(conf.get(), self);
    rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
    auto handle = make_handle(RD_KAFKA_CONSUMER, std::move(conf));
    rd_kafka_poll_set_consumer(handle.get());
    return handle;
  }

  // Within a poll: only noted. The group waits until the partitions are assigned or given back.
  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                           void* opaque) {
    auto& self = *static_cast<State*>(opaque);
    const bool assign = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    if (self.closing) {  // by rd_kafka_consumer_close(), on its thread: everything was drained before
      if (!assign) log_failure("kafka unassign", ErrorPtr(rd_kafka_incremental_unassign(handle, list)));
      return;
    }
    Rebalance rebalance{assign, {}};
    for (int i = 0; i < list->cnt; ++i)
      rebalance.partitions.push_back({list->elems[i].topic, list->elems[i].partition});
    self.rebalances.push_back(std::move(rebalance));
  }

  ConsumerEvents events;
  std::deque<Rebalance> rebalances;
  std::set<Partition> assigned;
  std::set<Partition> to_restart;
  std::atomic<bool> closing{false};
  HandlePtr handle;
  QueuePtr queue;
  QueueWaker waker;
};

Consumer::Consumer(Executor executor, ConsumerOptions options, ConsumerEvents events)
    : state_(std::make_unique<State>(executor, options, std::move(events))) {
  const ListPtr topics(rd_kafka_topic_partition_list_new(static_cast<int>(options.topics.size())));
  for (const auto& topic : options.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(state_->handle.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(std::string("kafka: ") + rd_kafka_err2str(code));
}

Consumer::~Consumer() = default;

Task<Result<std::vector<Consumed>>> Consumer::take(std::size_t limit, std::chrono::milliseconds wait) {
  const auto end = std::chrono::steady_clock::now() + wait;
  std::vector<Consumed> taken;
  for (;;) {
    co_await handle_rebalances();
    while (taken.size() < limit && state_->rebalances.empty()) {
      const MessagePtr message(rd_kafka_consumer_poll(state_->handle.get(), 0));
      if (!message) break;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        taken.push_back(consumed_of(*message));
      } else {  // librdkafka goes on by itself, from where it was
        log::warn("kafka consumer", {{"reason", rd_kafka_message_errstr(message.get())}});
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (!taken.empty() || now >= end) break;
    if (state_->rebalances.empty()) co_await state_->waker.wait(end - now);
  }
  // What was taken of a partition that goes in this very moment is drained like everything else of it.
  co_return taken;
}

Task<> Consumer::handle_rebalances() {
  for (const auto& partition : std::exchange(state_->to_restart, {})) {
    if (!state_->assigned.contains(partition)) continue;
    std::vector<Partition> one{partition};
    const auto list = list_of(one);
    log_failure("kafka unassign", ErrorPtr(rd_kafka_incremental_unassign(state_->handle.get(), list.get())));
    co_await assign(std::move(one));
  }
  while (!state_->rebalances.empty()) {
    Rebalance rebalance = std::move(state_->rebalances.front());
    state_->rebalances.pop_front();
    if (rebalance.assign) {
      co_await assign(std::move(rebalance.partitions));
    } else {
      co_await revoke(std::move(rebalance.partitions));
    }
  }
}

Task<> Consumer::assign(std::vector<Partition> partitions) {
  const auto list = list_of(partitions);
  std::vector<Partition> unread;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto from = co_await state_->events.assigned(partitions[i]);
    state_->assigned.insert(partitions[i]);
    list->elems[i].offset = from.has_value() ? *from : RD_KAFKA_OFFSET_END;
    if (from.has_value()) continue;
    log::warn("a partition stays unread for now",
              {{"topic", partitions[i].topic}, {"partition", partitions[i].number}, {"reason", from.error().message}});
    unread.push_back(partitions[i]);
  }
  log_failure("kafka assign", ErrorPtr(rd_kafka_incremental_assign(state_->handle.get(), list.get())));
  rd_kafka_resume_partitions(state_->handle.get(), list.get());  // librdkafka remembers a pause from before
  for (const auto& partition : unread) {
    pause(partition);
    state_->to_restart.insert(partition);
  }
}

Task<> Consumer::revoke(std::vector<Partition> partitions) {
  for (const auto& partition : partitions) {
    co_await state_->events.revoked(partition);
    state_->assigned.erase(partition);
  }
  const auto list = list_of(partitions);
  log_failure("kafka unassign", ErrorPtr(rd_kafka_incremental_unassign(state_->handle.get(), list.get())));
}

void Consumer::store(const Partition& partition, std::int64_t offset) {
  const auto list = list_of({partition});
  list->elems[0].offset = offset;
  rd_kafka_offsets_store(state_->handle.get(), list.get());  // a partition that has gone meanwhile: nobody minds
}

void Consumer::pause(const Partition& partition) {
  const auto list = list_of({partition});
  rd_kafka_pause_partitions(state_->handle.get(), list.get());
}

void Consumer::resume(const Partition& partition) {
  const auto list = list_of({partition});
  rd_kafka_resume_partitions(state_->handle.get(), list.get());
}

void Consumer::restart(const Partition& partition) {
  state_->to_restart.insert(partition);
}

Task<> Consumer::stop() {
  for (const auto& partition : std::exchange(state_->assigned, {}))
    co_await state_->events.revoked(partition);
  state_->closing = true;
  state_->waker.stop();
  co_await run_blocking([handle = state_->handle.get()] { rd_kafka_consumer_close(handle); });
}

}  // namespace common::kafka
