// cache_aside: users, posts and feeds behind a cache.
//
//   HTTP ── Application ── Api ─┬─ Users, Posts ─┬─ CacheAside ── Cache (local | redis | both | none)
//                               │                └─ WritePolicy ──┤
//                               └─ Feed ── IdLists, Fanout        └── UserStore, PostStore, FollowStore (memory | …)

#include <iostream>

#include "cache_aside/api.h"
#include "cache_aside/api_json.h"
#include "cache_aside/caches.h"
#include "cache_aside/maintenance.h"
#include "cache_aside/stores.h"
#include "common/http/standard.h"
#include "common/log.h"
#include "common/run_main.h"
#include "embedded/cache_aside_page.h"

using namespace cache_aside;
namespace http = common::http;

static void serve(const Config& config) {
  common::log::configure(config.server.log_level, config.server.log_format);
  common::Runtime runtime(config.server.threads);
  common::SystemClock clock;
  common::Metrics metrics;

  Stores stores = open_stores(config, runtime, metrics);
  StoreGate gate({.delay = config.store_delay, .concurrency = config.store_concurrency}, metrics);
  if (stores.on_query) stores.on_query([&gate] { gate.count_query(); });
  Caches caches(config, runtime, stores, gate, clock, metrics);
  Users users({*stores.users, gate, caches.reads(), caches.policy(), clock, config.ttl});
  Feed feed({*stores.follows, *stores.posts, gate, caches.reads(), caches.lists(), caches.fanout(), *stores.log, clock},
            feed_options(config));
  Posts posts({*stores.posts, gate, caches.reads(), caches.policy(), clock, config.post_ttl}, feed.posted(runtime));
  Maintenance maintenance(
      {caches.cache(), caches.policy(), *stores.log, *stores.users, *stores.posts, feed, gate, clock},
      {config.store != "memory" && config.cache == "local", [&caches] { caches.suspend(); },
       [&caches] { caches.resume(); }, config.feed_ttl / 4});

  http::Application app(config.server.max_body);
  http::Server server(runtime, http::server_options(config.server), app);
  http::StandardParts parts(runtime, config.server, app, server, metrics, clock, "cache_aside");
  if (stores.trouble) parts.health().add("database", stores.trouble);
  Api api({users, posts, feed, clock});
  api.add_routes(app.router());
  parts.add_routes(schemas, embedded::cache_aside_page);

  maintenance.start(runtime, metrics);
  runtime.run(server.serve());
}

int main(int argc, char** argv) {
  return common::run_main("cache_aside", [&] {
    Config config;
    const auto text = config.parse(argc, argv);
    if (text) std::cout << *text;
    if (!text) serve(config);
  });
}
