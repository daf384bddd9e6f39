// How long a redirect takes when requests come at a steady rate, far below what the servers can do:
// the question a user feels, where redirect.cpp asks the one that a bill shows.

#include "bench/core/cores.h"
#include "bench/core/environment.h"
#include "bench/url_shortener/redirect_servers.h"
#include "bench/url_shortener_bench.h"

namespace bench::url_shortener_bench {
namespace {

constexpr double requests_per_second = 20'000;

Row row(const std::shared_ptr<RedirectServers>& servers, std::string id,
        load::RunningServer (*start)(RedirectServers&, Environment&)) {
  Row made{.id = id, .needs = {"program:" + id}, .fresh = true};
  made.prepare = [servers, start](Environment& environment) {
    load::GeneratorOptions load{.connections = 64, .expected_status = 302};
    load.request.target = servers->target(environment);
    load.cpus = plan_cores(1, environment.cpus()).client;
    const double rate = environment.quick() ? requests_per_second / 20 : requests_per_second;
    return std::make_unique<load::ServerLatency>(start(*servers, environment), std::move(load), rate);
  };
  return made;
}

}  // namespace

Comparison redirect_latency() {
  Comparison comparison;
  comparison.id = "url_shortener/redirect_latency";
  comparison.question = "How long does a redirect take, at 20,000 a second?";
  comparison.metrics = {
      {.id = "p99_us", .heading = "p99 us", .unit = "us for 99 % of redirects", .decimals = 0},
      {.id = "p50_us", .heading = "p50", .unit = "us for half of the redirects", .decimals = 0},
      {.id = "p999_us", .heading = "p99.9", .unit = "us for 99.9 % of redirects", .decimals = 0},
      {.id = "max_us", .heading = "max", .unit = "us for all redirects", .decimals = 0},
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of server CPU per redirect"},
  };
  const auto servers = std::make_shared<RedirectServers>();
  comparison.rows = {
      row(servers, "raw_epoll", [](auto& all, auto& environment) { return all.raw_epoll(environment); }),
      row(servers, "nginx", [](auto& all, auto& environment) { return all.nginx(environment); }),
      row(servers, "url_shortener", [](auto& all, auto& environment) { return all.url_shortener(environment, 1); }),
  };
  comparison.method = {
      "open loop: requests are due at a constant rate whatever the server does; latency counts "
      "from then",
      "64 keep-alive connections; the client spins on a core of its own; percentiles of each round",
  };
  comparison.subject = "url_shortener";
  comparison.round = {.warm_up = std::chrono::milliseconds(100), .duration = std::chrono::milliseconds(500)};
  comparison.settle = std::chrono::milliseconds(1500);
  comparison.budget = std::chrono::seconds(13);
  return comparison;
}

}  // namespace bench::url_shortener_bench
