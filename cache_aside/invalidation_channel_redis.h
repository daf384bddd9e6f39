// Hears what other processes invalidate: Redis' pub/sub, on a connection of its own.
//
// Pub/sub forgets: who is not connected misses the message. So the listener is told `lost` as soon as the channel may
// have been silent because it is dead, and `found` when it is there again: a local cache then starts anew, empty.
//
//   1. A message published while the channel stands is heard in the order of publication.
//   2. A dead channel is noticed within a second: Redis is pinged on it twice a second and must answer.
//   3. Between lost() and found() nothing is heard, and before the first found().
//
// So another process's change is seen within seen_within, or the local cache is empty by then.

#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/redis/link.h"
#include "common/runtime/runtime.h"

namespace cache_aside {

class InvalidationChannelRedis {
 public:
  static constexpr std::chrono::seconds seen_within{2};

  struct Listener {
    std::function<void(std::string_view key, std::uint64_t version)> heard;
    std::function<void()> lost;
    std::function<void()> found;
  };

  InvalidationChannelRedis(common::redis::Endpoint endpoint, std::string channel, Listener listener)
      : endpoint_(std::move(endpoint)), channel_(std::move(channel)), listener_(std::move(listener)) {}

  // Listens on the first thread until the runtime shuts down.
  void start(common::Runtime& runtime);
  bool connected() const noexcept { return connected_.load(std::memory_order_relaxed); }

 private:
  common::Task<> listen(common::Executor executor);
  common::Task<common::Result<void>> subscribe(common::redis::Link& link);
  common::Task<> hear(common::redis::Link& link);
  common::Task<common::Result<void>> say(common::redis::Link& link, std::vector<std::string_view> command);
  void take(const common::redis::Reply& reply);

  const common::redis::Endpoint endpoint_;
  const std::string channel_;
  const Listener listener_;
  common::redis::Link* open_ = nullptr;  // while listen() runs
  bool stopping_ = false;
  std::atomic<bool> connected_{false};
};

}  // namespace cache_aside
