#include "url_shortener/link_caches.h"

namespace url_shortener {
namespace {

std::unique_ptr<common::redis::Client> open_redis(const Config& config, common::Runtime& runtime) {
  if (config.cache_redis().empty()) return nullptr;
  common::redis::Client::Options options;
  options.connection.endpoint = common::redis::parse_endpoint(config.cache_redis()).value();
  options.timeout = config.redis_timeout;
  return std::make_unique<common::redis::Client>(runtime, std::move(options));
}

}  // namespace

LinkCaches::LinkCaches(const Config& config, common::Runtime& runtime, const Stores& stores, const common::Clock& clock,
                       common::Metrics& metrics)
    : client_(open_redis(config, runtime)),
      redis_(client_ ? std::make_unique<LinkCacheRedis>(*client_, *stores.ids, clock) : nullptr),
      local(runtime.threads(), config.cache_local() ? config.local_entries : 0, edits_seen_within),
      finder(*stores.links, local, redis_.get(), runtime.threads()) {
  if (redis_) redis_->start(runtime, metrics);
}

}  // namespace url_shortener
