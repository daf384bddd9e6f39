// What --cache chooses: the tiers that a redirect asks before the store.

#pragma once

#include <memory>

#include "common/metrics.h"
#include "common/redis/client.h"
#include "url_shortener/config.h"
#include "url_shortener/link_cache_local.h"
#include "url_shortener/link_cache_redis.h"
#include "url_shortener/link_finder.h"
#include "url_shortener/stores.h"

namespace url_shortener {

class LinkCaches {
 public:
  // How long another process's edit may stay unseen at most: Redis was not told of it, its entry was copied into a
  // local table in its last moment.
  static constexpr std::chrono::seconds edits_seen_at_last = LinkCacheRedis::entry_lifetime + edits_seen_within;

  // All outlive this. Begins to connect to Redis, if that is asked for; it need not be there.
  LinkCaches(const Config& config, common::Runtime& runtime, const Stores& stores, const common::Clock& clock,
             common::Metrics& metrics);

 private:
  std::unique_ptr<common::redis::Client> client_;
  std::unique_ptr<LinkCacheRedis> redis_;  // null without

 public:
  LinkCacheLocal local;
  LinkFinder finder;
};

}  // namespace url_shortener
