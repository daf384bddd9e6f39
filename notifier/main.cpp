// notifier: accepts notifications and broadcasts, plans who gets them, and delivers each exactly once in its ledger.
//
//   HTTP ── Application ─┬─ Api ─────── NotificationStore, with the outbox        (sqlite | postgres)
//                        └─ ApiUsers ── UserStore, InboxStore
//   Planner ── outbox ──▶ Queue (sqlite | kafka) ──▶ Workers ──▶ Ledger ──▶ Dispatcher ──▶ providers

#include <iostream>

#include "common/http/standard.h"
#include "common/log.h"
#include "common/run_main.h"
#include "embedded/notifier_page.h"
#include "notifier/api.h"
#include "notifier/api_users.h"
#include "notifier/carriers.h"
#include "notifier/notification_json.h"
#include "notifier/planner.h"
#include "notifier/stores.h"
#include "notifier/workers.h"

using namespace notifier;
namespace http = common::http;

static void serve(const Config& config) {
  common::log::configure(config.server.log_level, config.server.log_format);
  common::Runtime runtime(config.server.threads);
  common::SystemClock clock;
  common::Metrics metrics;
  http::Application app(config.server.max_body);
  http::Server server(runtime, http::server_options(config.server), app);
  http::StandardParts parts(runtime, config.server, app, server, metrics, clock, "notifier");
  const Stores s = open_stores(config, runtime, clock);
  const std::string base_url = config.base_url.empty() ? server.local_url() : config.base_url;
  const auto carriers = open_carriers(config, runtime, s, base_url, clock);
  Dispatcher dispatcher(carriers.carriers, clock, parts.spans(), metrics);
  Api api({*s.notifications, *s.ledger, config.categories, config.quotas, clock});
  ApiUsers api_users({*s.users, *s.inbox, s.unsubscribe_secret});
  Planner planner({*s.queue, *s.users, *s.notifications, *s.ledger, clock}, {.traced = parts.spans().enabled()},
                  runtime.executor());
  Workers workers(
      runtime, {*s.queue, *s.users, *s.notifications, *s.ledger, dispatcher, config.categories, config.quotas, clock},
      {.guarantee = config.guarantee});

  if (config.has_api()) api.add_routes(app.router());
  if (config.has_api()) api_users.add_routes(app.router());
  parts.health().add("database", s.trouble);
  parts.health().add("queue", [&] { return s.queue->trouble(); });
  parts.add_routes(schemas, config.has_api() ? embedded::notifier_page : "");
  if (config.has_planner()) planner.start(runtime);
  if (config.has_worker()) workers.start();
  runtime.run(server.serve());
}

int main(int argc, char** argv) {
  return common::run_main("notifier", [&] {
    Config config;
    const auto text = config.parse(argc, argv);
    text ? static_cast<void>(std::cout << *text) : serve(config);
  });
}
