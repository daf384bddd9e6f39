// What a check costs over HTTP, beside the shortener's redirect: the same engine, and a body to read and one to write.

#include "bench/core/cores.h"
#include "bench/core/environment.h"
#include "bench/load/exchange.h"
#include "bench/rate_limiter_bench.h"
#include "bench/url_shortener/redirect_servers.h"

namespace bench::rate_limiter_bench {
namespace {

load::RunningServer start_rate_limiter(Environment& environment) {
  const auto folder = environment.scratch("rate_limiter");
  load::RunningServer server{.process = std::make_unique<ChildProcess>(
                                 ChildProcess::Options{.program = environment.program("rate_limiter"),
                                                       .arguments = {"--listen", "127.0.0.1:0", "--threads", "1"},
                                                       .cpus = plan_cores(1, environment.cpus()).server,
                                                       .log = folder / "log"})};
  server.endpoint = server.process->await_listening();
  return server;
}

load::GeneratorOptions load_of(Environment& environment) {
  load::GeneratorOptions load{.connections = 64};
  load.cpus = plan_cores(1, environment.cpus()).client;
  load.threads = static_cast<unsigned>(load.cpus.size());
  return load;
}

std::unique_ptr<Subject> redirects(url_shortener_bench::RedirectServers& servers, Environment& environment) {
  load::GeneratorOptions load = load_of(environment);
  load.expected_status = 302;
  load.request.target = servers.target(environment);
  return std::make_unique<load::ServerCost>(servers.url_shortener(environment, 1), std::move(load));
}

// Checks about ever new keys, which are allowed, or about one, which is soon refused.
std::unique_ptr<Subject> checks(Environment& environment, bool refused) {
  load::GeneratorOptions load = load_of(environment);
  load.request.method = "POST";
  load.request.target = "/v1/check";
  load.request.headers = {{"Content-Type", "application/json"}};
  load.request.body = refused ? R"({"rule":"api","key":"client-0000000000"})" : R"({"rule":"api","key":"client-{n}"})";
  load.expected_status = refused ? 429 : 200;
  auto server = start_rate_limiter(environment);
  if (refused) {
    load::RequestOptions use_up = load.request;
    use_up.body = R"({"rule":"api","key":"client-0000000000","cost":100})";
    load::exchange(server.endpoint, use_up);
  }
  return std::make_unique<load::ServerCost>(std::move(server), std::move(load));
}

}  // namespace

Comparison check() {
  Comparison comparison;
  comparison.id = "rate_limiter/check";
  comparison.question = "What CPU time does one check cost the server, beside a redirect?";
  comparison.metrics = {
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of server CPU per request"},
      {.id = "user_us", .heading = "user", .unit = "us of it in user space"},
      {.id = "system_us", .heading = "system", .unit = "us of it in the kernel"},
      {.id = "per_second",
       .heading = "per second",
       .unit = "requests a second",
       .better = Better::higher,
       .decimals = 0},
      {.id = "memory_mib", .heading = "MiB", .unit = "MiB of anonymous memory", .decimals = 1},
      {.id = "answer_bytes", .heading = "bytes", .unit = "bytes of an answer", .decimals = 0},
  };
  const auto servers = std::make_shared<url_shortener_bench::RedirectServers>();
  comparison.rows = {
      {.id = "url_shortener",
       .note = "GET /{code}: 302",
       .needs = {"program:url_shortener"},
       .prepare = [servers](Environment& environment) { return redirects(*servers, environment); },
       .fresh = true},
      {.id = "rate_limiter",
       .note = "POST /v1/check: 200, ever new keys",
       .needs = {"program:rate_limiter"},
       .prepare = [](Environment& environment) { return checks(environment, false); },
       .fresh = true},
      {.id = "rate_limiter_refusing",
       .note = "POST /v1/check: 429, one key",
       .needs = {"program:rate_limiter"},
       .prepare = [](Environment& environment) { return checks(environment, true); },
       .fresh = true},
  };
  comparison.aims = {{.row = "rate_limiter", .against = "url_shortener", .bound = 1.25},
                     {.row = "rate_limiter_refusing", .against = "url_shortener", .bound = 1.25}};
  comparison.method = {
      "64 keep-alive connections, each with one request always under way; every server started anew each round",
      "one server thread; server and client on cores of their own",
      "memory store, built-in rules (token bucket), metrics, access log of errors"};
  comparison.subject = "rate_limiter";
  comparison.round = {.warm_up = std::chrono::milliseconds(120), .duration = std::chrono::milliseconds(600)};
  comparison.settle = std::chrono::milliseconds(1500);
  comparison.budget = std::chrono::seconds(40);
  return comparison;
}

}  // namespace bench::rate_limiter_bench
