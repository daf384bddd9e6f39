// librdkafka's own loop: records produced and consumed at the same time, and nothing else. What any pipeline over the
// same broker is measured against.
//
// One thread produces, idempotently and with acks=all, keyed as the notifier does; another one consumes from the
// beginning of all partitions in batches, without a group. Both through the C interface.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace bench {

struct LibrdkafkaLoop {
  std::string brokers;
  std::string topic;  // made by this, with eight partitions
  std::size_t records = 0;
  std::string value;  // of each record; its key is "u00000042"
};

// From the first record produced to the last one consumed, all of them acknowledged and consumed. Throws
// std::runtime_error when that is not so within ten minutes.
std::chrono::nanoseconds run(const LibrdkafkaLoop& loop);

}  // namespace bench
