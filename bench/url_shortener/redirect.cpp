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

using Start = std::function<load::RunningServer(RedirectServers&, Environment&)>;

// A row whose server is started by `start` and loaded with requests of `group`.
Row row(std::shared_ptr<RedirectServers> servers, const char* group, std::string id,
        unsigned threads, std::vector<std::string> needs, Start start) {
  Row made{.id = std::move(id), .group = group, .needs = std::move(needs), .fresh = true};
  made.prepare = [servers, group, threads, start](Environment& environment) {
    load::GeneratorOptions load{.connections = 64, .expected_status = 302};
    load.request.target = servers->target(environment);
    if (group == browser) load.request.headers = load::browser_headers();
    load.cpus = plan_cores(threads, environment.cpus()).client;
    load.threads = static_cast<unsigned>(load.cpus.size());
    return std::make_unique<load::ServerCost>(start(*servers, environment), std::move(load));
  };
  return made;
}

std::vector<Row> rows_of(const std::shared_ptr<RedirectServers>& servers, const char* group) {
  std::vector<Row> rows;
  rows.push_back(row(servers, group, "raw_epoll", 1, {"program:raw_epoll"},
                     [](auto& all, auto& environment) { return all.raw_epoll(environment); }));
  rows.push_back(row(servers, group, "nginx", 1, {"program:nginx"},
                     [](auto& all, auto& environment) { return all.nginx(environment); }));
  for (const unsigned threads : {1u, 2u}) {
    rows.push_back(row(servers, group, threads == 1 ? "url_shortener" : "url_shortener_threads_2",
                       threads, {"program:url_shortener"}, [threads](auto& all, auto& environment) {
                         return all.url_shortener(environment, threads);
                       }));
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
  for (const char* group : {plain, browser}) {
    for (Row& made : rows_of(servers, group))
      comparison.rows.push_back(std::move(made));
  }
  comparison.aims = {
      {.group = plain, .row = "url_shortener", .against = "nginx", .bound = 0.90},
      {.group = plain, .row = "url_shortener", .against = "raw_epoll", .bound = 1.15},
      {.group = browser, .row = "url_shortener", .against = "nginx", .bound = 1.00},
      {.group = plain, .row = "url_shortener_threads_2", .against = "url_shortener", .bound = 1.10},
  };
  comparison.method = {
      "64 keep-alive connections, each with one request always under way; every server started "
      "anew each round",
      "server and client on cores of their own (on 2 cores the client shares one with a server of "
      "2 threads)",
      "CPU of all the server's threads, user and system, with what it put off (clicks) until its "
      "next turn",
      "raw_epoll: fixed bytes, the physical limit; nginx: return 302, 1 worker, access_log off",
      "url_shortener: SQLite, local cache, metrics, click counting, access log of errors",
  };
  comparison.subject = "url_shortener";
  comparison.round = {.warm_up = std::chrono::milliseconds(150),
                      .duration = std::chrono::milliseconds(900)};
  comparison.settle = std::chrono::milliseconds(1500);
  comparison.budget = std::chrono::seconds(85);
  return comparison;
}

}  // namespace bench::url_shortener_bench
