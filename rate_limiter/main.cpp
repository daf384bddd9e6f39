// rate_limiter: POST /v1/check says whether one more may pass, and if not, when; POST /login is what it protects.
//
//   HTTP ── Application ─┬─ LimitRequests ─┐
//                        ├─ Api ───────────┼── Limiter ─┬─ RuleBook ── RulesFile
//                        └─ Login          │            └─ LimiterStore   (memory | redis | borrow+redis, guarded)

#include <iostream>

#include "common/http/standard.h"
#include "common/log.h"
#include "common/run_main.h"
#include "embedded/rate_limiter_page.h"
#include "rate_limiter/api.h"
#include "rate_limiter/limit_requests.h"
#include "rate_limiter/login.h"
#include "rate_limiter/rule_json.h"
#include "rate_limiter/rules_file.h"
#include "rate_limiter/stores.h"

using namespace rate_limiter;
namespace http = common::http;

static void serve(const Config& config) {
  common::log::configure(config.server.log_level, config.server.log_format);
  common::Runtime runtime(config.server.threads);
  common::SystemClock clock;
  common::SecureRandom random;
  common::Metrics metrics;

  const auto look = RulesFile::look(config.rules);  // before reading
  RuleBook rules(runtime.threads(), config.first_rules(), config.algorithm, metrics);
  RulesFile file(config.rules, look, rules, metrics, config.log_max());
  const auto stores = open_stores(config, runtime, clock, random, metrics);
  Limiter limiter(rules, *stores->store, clock, metrics, config.keys_max * TraceBook::bytes_per_key);
  Passwords passwords(config.first_users());

  http::Application app(config.server.max_body);
  http::Server server(runtime, http::server_options(config.server), app);
  http::StandardParts parts(runtime, config.server, app, server, metrics, clock, "rate_limiter");
  app.use(std::make_unique<LimitRequests>(limiter, config.client_addresses(), Login::limited()));

  Api api(limiter, {config.server.auth == common::Auth::jwt, config.admins, config.log_max()});
  Login login(passwords, signing_key(config.server.jwt_key), clock);
  if (stores->guarded) parts.health().add("store", [&] { return stores->trouble(); });
  api.add_routes(app.router());
  login.add_routes(app.router());
  parts.add_routes(schemas, embedded::rate_limiter_page);

  file.watch(runtime);
  runtime.run(server.serve());
}

int main(int argc, char** argv) {
  return common::run_main("rate_limiter", [&] {
    Config config;
    const auto text = config.parse(argc, argv);
    if (text) std::cout << *text;
    if (!text) serve(config);
  });
}
