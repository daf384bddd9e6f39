// What a read costs the server whose value is in this process's memory, beside a redirect of url_shortener, which does
// as little as a server of this project can.

#include "bench/cache_aside_bench.h"
#include "bench/core/cores.h"
#include "bench/core/environment.h"
#include "bench/load/exchange.h"
#include "bench/load/server_subject.h"
#include "bench/url_shortener/redirect_servers.h"

namespace bench::cache_aside_bench {
namespace {

load::RunningServer start(Environment& environment) {
  const auto data = environment.scratch("cache_aside");
  load::RunningServer server{.process = std::make_unique<ChildProcess>(ChildProcess::Options{
                                 .program = environment.program("cache_aside"),
                                 .arguments = {"--listen", "127.0.0.1:0", "--threads", "1", "--data", data.string()},
                                 .cpus = plan_cores(1, environment.cpus()).server,
                                 .log = data / "log"})};
  server.endpoint = server.process->await_listening();
  load::RequestOptions create{.method = "POST", .target = "/users"};
  create.headers.emplace_back("Content-Type", "application/json");
  create.body = R"({"name":"Ada Lovelace","email":"ada.lovelace@example.com"})";
  const auto created = load::exchange(server.endpoint, create);
  if (created.status != 201) throw std::runtime_error("POST /users answered " + std::to_string(created.status));
  load::exchange(server.endpoint, {.target = "/users/1"});
  return server;
}

std::unique_ptr<Subject> loaded(load::RunningServer server, Environment& environment, std::string target, int status) {
  load::GeneratorOptions load{.connections = 64, .expected_status = status};
  load.request.target = std::move(target);
  load.cpus = plan_cores(1, environment.cpus()).client;
  return std::make_unique<load::ServerCost>(std::move(server), std::move(load));
}

}  // namespace

Comparison hit_path() {
  Comparison comparison;
  comparison.id = "cache_aside/hit_path";
  comparison.question = "What does a local hit cost, beside a redirect?";
  comparison.metrics = {
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of server CPU per request"},
      {.id = "per_second", .heading = "per s", .unit = "requests a second", .better = Better::higher, .decimals = 0},
      {.id = "answer_bytes", .heading = "bytes", .unit = "bytes per answer", .decimals = 0}};
  const auto redirects = std::make_shared<url_shortener_bench::RedirectServers>();
  Row redirect{.id = "redirect", .note = "url_shortener, one link, in the local cache"};
  redirect.needs = {"program:url_shortener"};
  redirect.fresh = true;
  redirect.prepare = [redirects](Environment& environment) {
    return loaded(redirects->url_shortener(environment, 1), environment, redirects->target(environment), 302);
  };
  Row hit{.id = "local_hit", .note = "GET /users/1, one user, in the local cache"};
  hit.needs = {"program:cache_aside"};
  hit.fresh = true;
  hit.prepare = [](Environment& environment) { return loaded(start(environment), environment, "/users/1", 200); };
  comparison.rows = {std::move(redirect), std::move(hit)};
  comparison.aims = {{.group = "", .row = "local_hit", .against = "redirect", .bound = 1.15}};
  comparison.method = {"closed loop, 64 keep-alive connections, one server thread; the defaults of both servers"};
  comparison.subject = "local_hit";
  comparison.round = {.warm_up = std::chrono::milliseconds(150), .duration = std::chrono::milliseconds(700)};
  comparison.settle = std::chrono::milliseconds(1200);
  comparison.budget = std::chrono::seconds(10);
  return comparison;
}

}  // namespace bench::cache_aside_bench
