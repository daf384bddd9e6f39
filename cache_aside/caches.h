// What --cache and the policies choose: the tiers, who guards them, and who loads.

#pragma once

#include <memory>

#include "cache_aside/cache_aside.h"
#include "cache_aside/config.h"
#include "cache_aside/fanout.h"
#include "cache_aside/feed.h"
#include "cache_aside/id_lists.h"
#include "cache_aside/invalidation_channel_redis.h"
#include "cache_aside/server_redis.h"
#include "cache_aside/store_gate.h"
#include "cache_aside/stores.h"
#include "cache_aside/write_policy.h"

namespace cache_aside {

class CacheLocal;
class IdListsMemory;
class Locks;

Feed::Options feed_options(const Config& config);

class Caches {
 public:
  // All outlive this. Begins to connect to Redis, if that is asked for; it need not be there.
  Caches(const Config& config, common::Runtime& runtime, Stores& stores, StoreGate& gate, const common::Clock& clock,
         common::Metrics& metrics);
  ~Caches();

  Cache& cache() noexcept { return *cache_; }
  WritePolicy& policy() noexcept { return *policy_; }
  CacheAside& reads() noexcept { return *reads_; }
  IdLists& lists() noexcept { return *lists_; }
  const Fanout& fanout() const noexcept { return *fanout_; }

  // While other processes' changes cannot be heard: what is in this process's memory is forgotten, and nothing kept.
  void suspend();
  void resume();

 private:
  void open_tiers(const Config& config, common::Runtime& runtime, const Stores& stores, const common::Clock& clock,
                  common::Metrics& metrics);
  std::shared_ptr<CacheMetrics> metrics_;
  std::unique_ptr<ServerRedis> server_;  // null without
  std::unique_ptr<CacheLocal> local_;    // null without
  std::unique_ptr<Cache> shared_;        // likewise
  std::unique_ptr<InvalidationChannelRedis> channel_;
  std::unique_ptr<Cache> own_;  // what stands before, or instead of, the two
  Cache* cache_ = nullptr;
  std::unique_ptr<WritePolicy> policy_;
  std::unique_ptr<Locks> locks_;
  std::unique_ptr<Stampede> stampede_;
  std::unique_ptr<CacheAside> reads_;
  std::unique_ptr<IdLists> lists_;
  IdListsMemory* own_lists_ = nullptr;  // they, where they are this process's own
  std::unique_ptr<Fanout> fanout_;
};

}  // namespace cache_aside
