// Redis as the caches see it: a connection a thread, a breaker in front, and the generation that its keys belong to.
//
// A Redis that was killed comes back with what its last snapshot holds, deleted keys included: values that were
// invalidated after the snapshot are there again. So every key's name begins with the server's run id, which is another
// one after each start, and what a snapshot resurrects has a name that nobody asks for. A connection learns the run id
// before anything else is sent on it; whose answer comes after the generation has changed drops it.
//
// A Redis that has just come up is *settling* for a while. Some process may not know yet that it is back and
// acknowledge a write without telling it; until each must have noticed, nothing is read from it or put there, but
// invalidations are done.
//
// A Redis that answers but takes no writes (a replica, a disk it cannot save to, too few replicas) is as good as dead:
// invalidations do not reach it, so what it holds may be old. So each process also writes to it every check_every, and
// the first refusal opens the breaker: no process reads from it for longer than that. One that has no memory left is
// not meant: it still deletes, and invalidations do so first (cache_redis.cpp).
//
//   1. Every command ends within `timeout`; after five failures in a row, or a refused write, none is sent until a
//      probe, which writes, has succeeded.
//   2. A name made for one generation is never used to answer for another.
//
// Thread-safe: any thread of the runtime.

#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/redis/client.h"
#include "common/resilience/breaker.h"

namespace cache_aside {

class ServerRedis {
 public:
  struct Options {
    common::redis::Endpoint endpoint;
    std::string store;  // names the database behind the cache: two that share a Redis share no keys
    common::Duration timeout = std::chrono::milliseconds{50};
    // Longer than any process takes to notice that Redis is back: its pauses between attempts are half a second at
    // most.
    std::chrono::seconds settling{3};
  };

  ServerRedis(common::Runtime& runtime, Options options, const common::Clock& clock);
  // Probes Redis in the background while it is taken for dead.
  void start(common::Runtime& runtime, common::Metrics& metrics);

  struct Generation {
    std::uint64_t number;
    std::string prefix;  // of all keys
    bool settled;
  };
  // nullopt: it has not been reached yet, or is taken for dead.
  std::optional<Generation> generation() const;
  bool is_current(const Generation& generation) const noexcept {
    return generation.number == number_.load(std::memory_order_acquire);
  }

  // As common::redis::Client, through the breaker.
  template <class... Strings>
  common::Task<common::Result<common::redis::Reply>> command(const Strings&... arguments) {
    if (!breaker_.allow()) co_return away();
    auto reply = co_await client_.command(arguments...);
    heard(reply);
    co_return reply;
  }
  common::Task<common::Result<common::redis::Reply>> run(const common::redis::Script& script,
                                                         std::vector<std::string_view> keys,
                                                         std::vector<std::string_view> arguments);

  static constexpr std::chrono::milliseconds check_every{500};

  // For so long every command has failed: since the first that did, not since the last that did not, for who asks
  // seldom has heard nothing for long from a Redis that is well.
  bool failing_for(common::Duration time) const noexcept;
  // It was found to answer, and to take no writes.
  bool refuses_writes() const noexcept { return refuses_writes_.load(std::memory_order_acquire); }
  const Options& options() const noexcept { return options_; }
  common::TimePoint now() const noexcept { return clock_.now(); }
  common::Instant monotonic() const noexcept { return clock_.monotonic(); }
  std::uint64_t operations() const noexcept { return operations_.load(std::memory_order_relaxed); }

 private:
  common::redis::Client::Options client_options();
  void opened(const common::redis::ServerIdentity& identity);
  void heard(const common::Result<common::redis::Reply>& reply);
  void judge(const common::Result<common::redis::Reply>& reply);
  void failing(common::Instant now) noexcept;
  static common::Error away() { return {common::Failure::unavailable, "Redis is taken for dead"}; }
  common::Task<> probe_often();
  common::Task<> probe();

  const Options options_;
  const common::Clock& clock_;
  common::Breaker breaker_;
  std::atomic<common::Duration::rep> failing_since_;  // on the monotonic clock; 0: the last command went well
  std::atomic<bool> refuses_writes_{false};
  std::atomic<std::uint64_t> operations_{0};
  std::atomic<std::uint64_t> failures_{0};

  mutable std::mutex mutex_;  // guards the three below; number_ is written under it
  std::string run_id_;
  std::string prefix_;
  common::Instant settled_at_;
  std::atomic<std::uint64_t> number_{0};

  common::redis::Client client_;  // last: its connections call opened()
};

}  // namespace cache_aside
