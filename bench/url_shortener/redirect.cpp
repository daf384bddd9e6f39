// What a redirect costs: our server with all its features on, between the two ends of the scale: a
// raw epoll loop that does nothing else, and nginx, which everybody knows.

#include "bench/core/cores.h"
#include "bench/core/environment.h"
#include "bench/url_shortener/redirect_servers.h"
#include "bench/url_shortener_bench.h"

namespace bench::url_shortener_bench {
namespace {

constexpr const char* plain = "plain request";
constexpr const char* browser = "browser request";
constexpr const char* steady = "plain request, 30,000 a second";
constexpr double steady_rate = 30'000;

using Start = std::function<load::RunningServer(RedirectServers&, Environment&)>;

// A row whose server is started by `start` and loaded with requests of `group`.
Row row(const std::shared_ptr<RedirectServers>& servers, const char* group, std::string id, unsigned threads,
        std::vector<std::string> needs, const Start& start) {
  Row made{.id = std::move(id), .group = group, .needs = std::move(needs), .fresh = true};
  made.prepare = [servers, group, threads, start](Environment& environment) {
    load::GeneratorOptions load{.connections = 64, .expected_status = 302};
    load.request.target = servers->target(environment);
    if (group == browser) load.request.headers = load::browser_headers();
    load.cpus = plan_cores(threads, environment.cpus()).client;
    load.threads = static_cast<unsigned>(load.cpus.size());
    std::optional<double> rate;
    if (group == steady) rate = environment.quick() ? steady_rate / 20 : steady_rate;
    return std::make_unique<load::ServerCost>(start(*servers, environment), std::move(load), rate);
  };
  return made;
}

std::vector<Row> rows_of(const std::shared_ptr<RedirectServers>& servers, const char* group) {
  const auto ours = [&](std::string id, unsigned threads, const std::vector<std::string>& flags = {}) {
    return row(
        servers, group, std::move(id), threads, {"program:url_shortener"},
        [threads, flags](auto& all, auto& environment) { return all.url_shortener(environment, threads, flags); });
  };
  if (group == steady) return {ours("threads_1", 1), ours("threads_2", 2)};
  std::vector<Row> rows{row(servers, group, "raw_epoll", 1, {"program:raw_epoll"},
                            [](auto& all, auto& environment) { return all.raw_epoll(environment); }),
                        row(servers, group, "nginx", 1, {"program:nginx"},
                            [](auto& all, auto& environment) { return all.nginx(environment); }),
                        ours("url_shortener", 1)};
  if (group == plain) {
    rows.push_back(ours("cache_none", 1, {"--cache", "none"}));
    rows.back().note = "--cache none: each redirect asks SQLite, and says in Server-Timing how long that took";
  }
  return rows;
}

}  // namespace

Comparison redirect() {
  Comparison comparison;
  comparison.id = "url_shortener/redirect";
  comparison.question = "What CPU time does one redirect cost the server?";
  comparison.metrics = {
      {.id = "cpu_us", .heading = "CPU us", .unit = "us of server CPU per redirect"},
      {.id = "user_us", .heading = "user", .unit = "us of it in user space"},
      {.id = "system_us", .heading = "system", .unit = "us of it in the kernel"},
      {.id = "per_second",
       .heading = "per second",
       .unit = "redirects a second",
       .better = Better::higher,
       .decimals = 0},
      {.id = "memory_mib", .heading = "MiB", .unit = "MiB of anonymous memory", .decimals = 1},
      {.id = "answer_bytes", .heading = "bytes", .unit = "bytes of an answer", .decimals = 0},
  };
  const auto servers = std::make_shared<RedirectServers>();
  for (const char* group : {plain, browser, steady}) {
    for (Row& made : rows_of(servers, group))
      comparison.rows.push_back(std::move(made));
  }
  comparison.aims = {
      {.group = plain, .row = "url_shortener", .against = "nginx", .bound = 0.90},
      {.group = plain, .row = "url_shortener", .against = "raw_epoll", .bound = 1.15},
      {.group = browser, .row = "url_shortener", .against = "nginx", .bound = 1.00},
      {.group = steady, .row = "threads_2", .against = "threads_1", .bound = 1.10},
  };
  comparison.method = {
      "64 keep-alive connections, each with one request always under way; every server started "
      "anew each round",
      "server and client on cores of their own; on 2 cores the client shares one with a server of 2 threads",
      "threads_1 and threads_2 at a constant rate: at saturation, beside the client, two threads would be woken for "
      "fewer requests each",
      "CPU of all the server's threads, user and system, with what it put off (clicks) until its "
      "next turn",
      "raw_epoll: fixed bytes, the physical limit; nginx: return 302, 1 worker, access_log off",
      "url_shortener: SQLite, local cache, metrics, click counting, access log of errors; cache_none: without the "
      "cache",
  };
  comparison.subject = "url_shortener";
  comparison.round = {.warm_up = std::chrono::milliseconds(80), .duration = std::chrono::milliseconds(350)};
  comparison.settle = std::chrono::milliseconds(1500);
  comparison.budget = std::chrono::seconds(32);
  return comparison;
}

}  // namespace bench::url_shortener_bench
