// librdkafka's C objects, owned: for the files of common/kafka alone.

#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <stdexcept>

#include "common/kafka/client.h"

namespace common::kafka {

struct DestroyHandle {
  void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
};
struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const noexcept { rd_kafka_queue_destroy(queue); }
};
struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
};
struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const noexcept { rd_kafka_topic_partition_list_destroy(list); }
};
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
};
struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
struct DestroyError {
  void operator()(rd_kafka_error_t* error) const noexcept { rd_kafka_error_destroy(error); }
};

using HandlePtr = std::unique_ptr<rd_kafka_t, DestroyHandle>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, DestroyConf>;
using ListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, DestroyError>;

// With `settings`, and librdkafka's own log lines in ours. Throws std::runtime_error for a setting that it refuses.
ConfPtr make_conf(const Settings& settings);
// Takes the conf over. Throws std::runtime_error.
HandlePtr make_handle(rd_kafka_type_t type, ConfPtr conf);

// What an error code means to a caller.
Error to_error(rd_kafka_resp_err_t code);

}  // namespace common::kafka
