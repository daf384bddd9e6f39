// url_shortener: POST /shorten gives a long URL a short code, GET /{code} leads back.
//
//   HTTP ── Application ─┬─ Redirect ── LinkCaches ───┐
//                        │       └───── ClickCounter ─┼── LinkStore, ClickStore            (memory | sqlite | postgres)
//                        └─ Api ─────── CodeGenerator ┴── IdSource, MachineIds, KeyPool

#include <iostream>

#include "common/http/standard.h"
#include "common/log.h"
#include "common/random.h"
#include "common/run_main.h"
#include "embedded/url_shortener_page.h"
#include "url_shortener/api.h"
#include "url_shortener/link_caches.h"
#include "url_shortener/make_code_generator.h"
#include "url_shortener/shard_mover.h"
#include "url_shortener/stores.h"

using namespace url_shortener;
namespace http = common::http;

static void serve(const Config& config) {
  common::Runtime runtime(config.server.threads);
  common::SystemClock clock;
  common::SecureRandom random;
  common::Metrics metrics;

  http::Application app(config.server.max_body);
  http::Server server(runtime, http::server_options(config.server), app);  // a taken port leaves no data folder behind
  const Stores stores = open_stores(config, runtime);
  const auto codes = make_code_generator(config.codes, config.code_length, stores.code_sources(random, clock));
  LinkCaches caches(config, runtime, stores, clock, metrics);
  ClickCounter clicks(runtime, *stores.clicks, {});
  http::StandardParts parts(runtime, config.server, app, server, metrics, clock, "url_shortener");

  ScannerBrake brake({.allowed = config.miss_limit}, metrics);
  Redirect redirect({*stores.links, caches.finder, caches.local, clicks, brake, clock}, config.redirect_status);
  const std::string base_url = config.base_url.empty() ? server.local_url() : config.base_url;
  Api api({*stores.links, *stores.clicks, *codes, caches.finder, redirect, brake, clock},
          {base_url, app.authorities(), config.create_limit});
  parts.add_own_authority(base_url);
  if (stores.trouble) parts.health().add("database", stores.trouble);
  api.add_routes(app.router());
  parts.add_routes(schemas, embedded::url_shortener_page);

  clicks.start(metrics);
  config.log_choices();
  runtime.run(server.serve());
}

int main(int argc, char** argv) {
  return common::run_main("url_shortener", [&] {
    Config config;
    if (const auto text = config.parse(argc, argv)) return void(std::cout << *text);
    common::log::configure(config.server.log_level, config.server.log_format);
    if (config.rebalance) return void(std::cout << rebalance(config.stores) << '\n');
    serve(config);
  });
}
