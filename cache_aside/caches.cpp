#include "cache_aside/caches.h"

#include "cache_aside/cache_local.h"
#include "cache_aside/cache_none.h"
#include "cache_aside/cache_redis.h"
#include "cache_aside/cache_tiered.h"
#include "cache_aside/id_lists_memory.h"
#include "cache_aside/id_lists_redis.h"
#include "cache_aside/keys.h"
#include "cache_aside/locks_redis.h"
#include "cache_aside/make_eviction.h"
#include "cache_aside/make_fanout.h"
#include "cache_aside/make_stampede.h"
#include "cache_aside/make_write_policy.h"

namespace cache_aside {
namespace {

common::Task<> run_after(common::Duration delay, common::Task<> task) {
  if (delay.count() > 0) co_await common::sleep_for(delay);
  co_await std::move(task);
}

// On the thread that asks; what is still to be done when the runtime ends is replayed, where there is a log of it.
Later later_on(common::Runtime& runtime) {
  return [&runtime](common::Duration delay, common::Task<> task) {
    common::spawn(runtime.executor(common::current_thread_index()), "after a write", run_after(delay, std::move(task)));
  };
}

}  // namespace

Feed::Options feed_options(const Config& config) {
  return {.celebrity_followers = config.celebrity_followers,
          .lists = {config.feed_entries, config.feed_ttl},
          .bypass = config.cache == "none",
          .coalesce = config.stampede != "none"};
}

Caches::~Caches() = default;

Caches::Caches(const Config& config, common::Runtime& runtime, Stores& stores, StoreGate& gate,
               const common::Clock& clock, common::Metrics& metrics)
    : metrics_(std::make_shared<CacheMetrics>(metrics)) {
  open_tiers(config, runtime, stores, clock, metrics);
  const auto entry_of = [this, ttl = config.ttl, post_ttl = config.post_ttl](const std::string& key,
                                                                             const Written& written) {
    Row row{written.version, written.value.value_or("")};
    const auto life = key.starts_with(post_prefix) ? post_ttl : ttl;
    return reads_->entry_of(std::move(row), 0, life, common::Duration{0}, common::thread_random());
  };
  policy_ = make_write_policy(
      config.write_policy, {*cache_, *stores.log, later_on(runtime), entry_of, [&gate] { gate.count_maintenance(); }});
  if (server_) locks_ = std::make_unique<LocksRedis>(*server_);
  const StampedeParts parts{.cache = *cache_,
                            .guard = policy_->guard(),
                            .locks = locks_.get(),
                            .clock = clock,
                            .stale_for = config.stale_for,
                            .beta = config.beta};
  stampede_ = make_stampede(config.stampede, parts);
  const CacheAside::Options options{
      .negative_ttl = config.negative_ttl, .jitter_percent = config.ttl_jitter, .bypass = config.cache == "none"};
  reads_ = std::make_unique<CacheAside>(*cache_, *stampede_, policy_->guard(), clock, *metrics_, options);
  fanout_ = make_fanout(config.fanout, config.feed_ttl, stampede_->stale_for());
  const IdLists::Options lists{config.feed_entries, config.feed_ttl};
  if (server_) {
    lists_ = std::make_unique<IdListsRedis>(*server_, lists);
  } else {
    auto own = std::make_unique<IdListsMemory>(clock, lists, config.cache == "none" ? 0 : IdListsMemory::lists_default);
    own_lists_ = own.get();
    lists_ = std::move(own);
  }
}

void Caches::suspend() {
  if (local_) local_->suspend();
  if (own_lists_) own_lists_->suspend();
}

void Caches::resume() {
  if (local_) local_->resume();
  if (own_lists_) own_lists_->resume();
}

void Caches::open_tiers(const Config& config, common::Runtime& runtime, const Stores& stores,
                        const common::Clock& clock, common::Metrics& metrics) {
  if (config.cache_local()) {
    CacheLocal::Options options;
    options.eviction = [name = config.eviction](std::size_t capacity) { return make_eviction(name, capacity); };
    options.entries_max = config.local_entries;
    options.bytes_max = config.local_bytes;
    local_ = std::make_unique<CacheLocal>(clock, options);
    cache_ = local_.get();
    metrics.gauge_of("cache_local_entries", "entries in the local cache",
                     [this] { return static_cast<double>(local_->entries()); });
    metrics.gauge_of("cache_local_bytes", "bytes in the local cache",
                     [this] { return static_cast<double>(local_->bytes()); });
  }
  if (config.cache_redis().empty()) {
    if (cache_) return;
    own_ = std::make_unique<CacheNone>();
    cache_ = own_.get();
    return;
  }
  ServerRedis::Options options;
  options.endpoint = common::redis::parse_endpoint(config.cache_redis()).value();
  options.store = stores.identity;
  options.timeout = config.redis_timeout;
  server_ = std::make_unique<ServerRedis>(runtime, options, clock);
  server_->start(runtime, metrics);
  const std::string channel = local_ ? "cache_aside:" + stores.identity + ":changes" : "";
  shared_ = std::make_unique<CacheRedis>(*server_, channel);
  cache_ = shared_.get();
  if (!local_) return;
  own_ = std::make_unique<CacheTiered>(*local_, *shared_, &CacheRedis::ticket_of, clock,
                                       [this] { return !server_->refuses_writes(); });
  cache_ = own_.get();
  local_->suspend();
  const InvalidationChannelRedis::Listener listener{
      [this](std::string_view key, std::uint64_t version) { local_->invalidate_now(key, policy_->guard(), version); },
      [this] { local_->suspend(); }, [this] { local_->resume(); }};
  channel_ = std::make_unique<InvalidationChannelRedis>(options.endpoint, channel, listener);
  channel_->start(runtime);
}

}  // namespace cache_aside
