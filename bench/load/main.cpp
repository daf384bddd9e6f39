// loadbearing_load: an HTTP load generator for one URL. See generator.h for what it measures.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "bench/load/generator.h"
#include "common/units.h"

namespace {

struct Settings {
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;
  std::string body;
  std::string duration = "10s";
  double rate = 0;
  unsigned connections = 64;
  unsigned threads = 1;
  int expected_status = 0;
  bool browser_headers = false;
  bool allow_remote = false;
};

void declare(CLI::App& app, Settings& to) {
  app.add_option("URL", to.url,
                 "what to ask for: http://HOST:PORT/PATH; {n} in the path or the body becomes a\n"
                 "sequence number of ten digits")
      ->required();
  app.add_option("--rate", to.rate,
                 "requests a second, constant, whatever the server does (open loop): latency counts\n"
                 "from the instant each was due. Without it every connection always has one request\n"
                 "under way (closed loop)")
      ->check(CLI::PositiveNumber);
  app.add_option("--connections", to.connections, "keep-alive connections")
      ->check(CLI::Range(1u, 60'000u))
      ->capture_default_str();
  app.add_option("--threads", to.threads, "threads, each with its share of the connections")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_option("--duration", to.duration, "how long: 500ms, 10s, 5m; at most 1h")->capture_default_str();
  app.add_option("--method", to.method, "request method")->capture_default_str();
  app.add_option("--header", to.headers, "a header line, 'Name: value'; may be repeated")->allow_extra_args(false);
  app.add_option("--body", to.body, "request body; its Content-Length is added");
  app.add_option("--expect", to.expected_status, "the status every answer must have [any below 400]")
      ->check(CLI::Range(200, 599));
  app.add_flag("--browser-headers", to.browser_headers, "add the ten headers a browser sends");
  app.add_flag("--allow-remote", to.allow_remote, "allow a target that is not this machine: only load what is yours");
}

bench::load::GeneratorOptions options_from(const Settings& settings, const bench::Url& url) {
  bench::load::GeneratorOptions options;
  options.target = url.endpoint;
  options.request.method = settings.method;
  options.request.target = url.target;
  options.request.body = settings.body;
  options.connections = settings.connections;
  options.threads = settings.threads;
  options.expected_status = settings.expected_status;
  for (const std::string& line : settings.headers) {
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string::npos || line.find_first_of("\r\n") != std::string::npos) {
      throw CLI::ValidationError("--header", "'" + line + "' is not 'Name: value'");
    }
    const auto value = line.find_first_not_of(' ', colon + 1);
    options.request.headers.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
  }
  if (settings.browser_headers) {
    const auto browser = bench::load::browser_headers();
    options.request.headers.insert(options.request.headers.end(), browser.begin(), browser.end());
  }
  return options;
}

int run(const Settings& settings) {
  const auto url = bench::parse_url(settings.url);
  if (!url) throw CLI::ValidationError("URL", "'" + settings.url + "' is not http://HOST:PORT/PATH");
  if (!settings.allow_remote && !bench::is_loopback(url->endpoint.host)) {
    throw CLI::ValidationError("URL", url->endpoint.host + " is not this machine; --allow-remote if it is yours");
  }
  const auto duration = common::parse_duration(settings.duration);
  if (!duration || *duration > std::chrono::hours(1) || duration->count() <= 0) {
    throw CLI::ValidationError("--duration", duration ? "between 1ns and 1h" : duration.error().message);
  }
  bench::load::Generator generator(options_from(settings, *url));
  generator.connect();
  const bool open = settings.rate > 0;
  const auto report = open ? generator.run_open_loop(*duration, settings.rate) : generator.run_closed_loop(*duration);
  std::printf("%s loop, %u connections, %u threads, %s\n%s", open ? "open" : "closed", settings.connections,
              settings.threads, settings.duration.c_str(), report.text().c_str());
  return report.all_expected() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Loads one URL and says how fast and how late its answers were.\n"
      "Exits 1 if any answer was wrong or missing, 2 on wrong usage.",
      "loadbearing_load"};
  declare(app, settings);
  try {
    app.parse(argc, argv);
    return run(settings);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "loadbearing_load: " << error.what() << '\n';
    return 1;
  }
}
