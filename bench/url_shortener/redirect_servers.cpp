#include "bench/url_shortener/redirect_servers.h"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "bench/core/cores.h"
#include "bench/core/environment.h"
#include "bench/load/exchange.h"
#include "common/json.h"

namespace bench::url_shortener_bench {
namespace {

namespace fs = std::filesystem;

// As long as links that people shorten are: some 200 bytes.
constexpr const char* long_url =
    "https://www.example.com/2026/11/some-landing-page-with-a-readable-name.html"
    "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn-2026&utm_content=header"
    "&subscriber=0123456789abcdef&variant=b";

// For when there is no server of ours to ask.
std::string stand_in_answer() {
  return std::string("HTTP/1.1 302 Found\r\nDate: Sun, 22 Nov 2026 04:46:18 GMT\r\nLocation: ") + long_url +
         "\r\nCache-Control: private, max-age=90\r\nContent-Length: 0\r\n\r\n";
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

std::string header_of(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) throw std::runtime_error("a redirect without " + name);
  const auto start = at + name.size() + 4;
  return head.substr(start, head.find("\r\n", start) - start);
}

// Creates one link through the public API; answers its code.
std::string create_link(const Endpoint& server) {
  const auto created = load::exchange(server, {.method = "POST",
                                               .target = "/shorten",
                                               .headers = {{"Content-Type", "application/json"}},
                                               .body = std::string(R"({"longUrl":")") + long_url + R"("})"});
  if (created.status != 201) {
    throw std::runtime_error("POST /shorten answered " + std::to_string(created.status) + ": " + created.body);
  }
  const auto body = common::parse_json(created.body);
  if (!body) throw std::runtime_error("POST /shorten answered no JSON");
  return std::string(body->at("shortCode").as_string());
}

load::RunningServer start_nginx(Environment& environment, const NginxSite& site) {
  const fs::path folder = environment.scratch("nginx");
  const Endpoint endpoint{.host = "127.0.0.1", .port = free_port()};
  const fs::path config = folder / "nginx.conf";
  write_file(config, nginx_config(site, endpoint, folder, geteuid() == 0));
  load::RunningServer server{.process = std::make_unique<ChildProcess>(ChildProcess::Options{
                                 .program = environment.program("nginx"),
                                 .arguments = {"-p", folder.string(), "-c", config.string(), "-e", "stderr"},
                                 .cpus = plan_cores(1, environment.cpus()).server,
                                 .log = folder / "log"}),
                             .endpoint = endpoint};
  server.process->await_accepting(endpoint);
  return server;
}

}  // namespace

load::RunningServer start_url_shortener(Environment& environment, const fs::path& data, unsigned threads,
                                        const std::vector<std::string>& flags) {
  std::vector<std::string> arguments{"--listen", "127.0.0.1:0", "--threads", std::to_string(threads),
                                     "--data",   data.string()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  load::RunningServer server{.process = std::make_unique<ChildProcess>(
                                 ChildProcess::Options{.program = environment.program("url_shortener"),
                                                       .arguments = std::move(arguments),
                                                       .cpus = plan_cores(threads, environment.cpus()).server,
                                                       .log = data / "log"})};
  server.endpoint = server.process->await_listening();
  return server;
}

const RedirectServers::Model& RedirectServers::model(Environment& environment) {
  if (model_) return *model_;
  Model model{.target = "/abc1234", .location = long_url, .answer = stand_in_answer()};
  if (!environment.lacking("program:url_shortener")) {
    model.data = environment.scratch("model");
    const auto server = start_url_shortener(environment, model.data, 1);
    model.target = "/" + create_link(server.endpoint);
    load::exchange(server.endpoint, {.target = model.target});  // from the store; the next from the cache
    const auto redirect = load::exchange(server.endpoint, {.target = model.target});
    if (redirect.status != 302) {
      throw std::runtime_error("a redirect answered " + std::to_string(redirect.status));
    }
    model.location = header_of(redirect.head, "Location");
    model.answer = redirect.head + redirect.body;
  }
  model_ = std::move(model);
  return *model_;
}

const NginxSite& RedirectServers::site(Environment& environment) {
  if (site_) return *site_;
  NginxSite site{.location = model(environment).location,
                 .cache_control = header_of(model(environment).answer, "Cache-Control")};
  const auto server = start_nginx(environment, site);
  const auto answer = load::exchange(server.endpoint, {.target = model(environment).target});
  site.location =
      fitted_location(site.location, answer.head.size() + answer.body.size(), model(environment).answer.size());
  site_ = std::move(site);
  return *site_;
}

std::string RedirectServers::target(Environment& environment) {
  return model(environment).target;
}

load::RunningServer RedirectServers::raw_epoll(Environment& environment) {
  const fs::path folder = environment.scratch("raw_epoll");
  const fs::path answer = folder / "answer";
  write_file(answer, model(environment).answer);
  load::RunningServer server{
      .process = std::make_unique<ChildProcess>(ChildProcess::Options{.program = environment.program("raw_epoll"),
                                                                      .arguments = {"--response", answer.string()},
                                                                      .cpus = plan_cores(1, environment.cpus()).server,
                                                                      .log = folder / "log"})};
  server.endpoint = server.process->await_listening();
  return server;
}

load::RunningServer RedirectServers::nginx(Environment& environment) {
  return start_nginx(environment, site(environment));
}

load::RunningServer RedirectServers::url_shortener(Environment& environment, unsigned threads,
                                                   const std::vector<std::string>& flags) {
  const fs::path data = environment.scratch("url_shortener");
  fs::copy(model(environment).data, data, fs::copy_options::recursive);
  return start_url_shortener(environment, data, threads, flags);
}

}  // namespace bench::url_shortener_bench
