// notifier_sink: a provider to send to, and the witness of what it took.
//
//   HTTP ── HttpDoor ─┬─ Sink ── WitnessLog ──▶ --log
//   SMTP ── SmtpDoor ─┘

#include <iostream>

#include "common/http/standard.h"
#include "common/log.h"
#include "common/run_main.h"
#include "notifier/sink/http_door.h"
#include "notifier/sink/smtp_door.h"

using namespace notifier;
namespace http = common::http;

namespace {

struct Config {
  common::ServerOptions server;
  std::string smtp;
  std::string log = "sink.jsonl";
  bool dedupe = true;
  std::vector<FaultRule> faults;

  std::optional<std::string> parse(int argc, char** argv) {
    common::Options options("notifier_sink", "takes messages as providers do, and writes down what it took");
    options.group("Sink");
    std::string on_off = "on";
    std::vector<std::string> fails;
    options.add("smtp", smtp, {.metavar = "HOST:PORT", .help = "where mail is taken", .default_text = "nowhere"});
    options.add("log", log, {.metavar = "FILE", .help = "a JSON line for each message taken"});
    options.add("dedupe", on_off,
                {.help = "whether a key that comes again is taken silently",
                 .choices = {{"on", "as providers with idempotency keys do"}, {"off", "as SMTP does"}}});
    options.add("fail", fails,
                {.metavar = "KIND[:PERCENT%][:COUNT]",
                 .help = "how to fail: 429, 500, 421, 550, …, reset, hang, slow, cut",
                 .default_text = "never"});
    server.add_to(options, "notifier_sink", 8093);
    if (auto text = options.parse(argc, argv)) return text;
    server.validate();
    dedupe = on_off == "on";
    for (const auto& text : fails) {
      auto rule = parse_fault(text);
      if (rule.has_error()) throw common::UsageError("--fail " + text + ": " + rule.error().message);
      faults.push_back(std::move(*rule));
    }
    return std::nullopt;
  }
};

common::Task<> stop(SmtpDoor& door) {
  door.stop();
  co_return;
}

void serve(const Config& config) {
  common::log::configure(config.server.log_level, config.server.log_format);
  common::Runtime runtime(config.server.threads);
  common::SystemClock clock;
  common::Metrics metrics;
  WitnessLog log(config.log, config.dedupe);
  Sink sink(log, config.faults, clock);

  http::Application app(config.server.max_body);
  http::Server server(runtime, http::server_options(config.server), app);
  http::StandardParts parts(runtime, config.server, app, server, metrics, clock, "notifier_sink");
  HttpDoor door(sink);
  door.add_routes(app.router());
  parts.add_routes("{}", "");

  std::optional<SmtpDoor> smtp;
  if (!config.smtp.empty()) {
    const auto address = common::parse_listen_address(config.smtp);
    if (address.has_error()) throw common::UsageError("--smtp: " + address.error().message);
    smtp.emplace(runtime.executor(), address->host, address->port, sink);
    common::log::info("listening for mail", {{"host", address->host}, {"port", smtp->port()}});
    runtime.on_shut_down("close the mail server", [&smtp] { return stop(*smtp); });
    common::spawn(runtime.executor(), "smtp", smtp->accept_connections());
  }
  runtime.run(server.serve());
}

}  // namespace

int main(int argc, char** argv) {
  return common::run_main("notifier_sink", [&] {
    Config config;
    const auto text = config.parse(argc, argv);
    if (text) std::cout << *text;
    if (!text) serve(config);
  });
}
