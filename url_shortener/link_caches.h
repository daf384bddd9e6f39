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
