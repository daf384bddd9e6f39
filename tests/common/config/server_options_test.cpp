#include "common/config/server_options.h"

#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

namespace {

ServerOptions parse(std::vector<const char*> arguments) {
  ServerOptions server;
  Options options("url_shortener", "turns long URLs into short codes");
  server.add_to(options, "url_shortener", 8081);
  arguments.insert(arguments.begin(), "url_shortener");
  const auto text = options.parse(static_cast<int>(arguments.size()), arguments.data(),
                                  [](const std::string&) { return std::nullopt; });
  REQUIRE_FALSE(text.has_value());
  return server;
}

std::string conflict(std::vector<const char*> arguments) {
  try {
    parse(std::move(arguments)).validate();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a server's defaults are those of the contract") {
  const ServerOptions server = parse({});
  REQUIRE_NOTHROW(server.validate());
  REQUIRE(server.listen.to_string() == "127.0.0.1:8081");
  REQUIRE(server.threads >= 1);
  REQUIRE(server.data == "./data/url_shortener");
  REQUIRE(server.max_connections == 20'000);
  REQUIRE(server.max_inflight == 4'096);
  REQUIRE(server.max_body == 1'048'576);
  REQUIRE(server.header_timeout == 10s);
  REQUIRE(server.idle_timeout == 75s);
  REQUIRE(server.drain_timeout == 10s);
  REQUIRE(server.drain_delay == 0s);
  REQUIRE(server.auth == Auth::none);
  REQUIRE(server.log_level == log::Level::info);
  REQUIRE(server.log_format == log::Format::text);
  REQUIRE(server.access_log == AccessLogMode::errors);
  REQUIRE(server.trace_exporter == "none");
  REQUIRE(server.cors_origin.empty());
  REQUIRE_FALSE(server.tls());
}

TEST_CASE("every flag of a server is read") {
  const ServerOptions server = parse({"--listen",
                                      "[::1]:0",
                                      "--threads",
                                      "3",
                                      "--data",
                                      "/srv/x",
                                      "--log-level",
                                      "debug",
                                      "--log-format",
                                      "json",
                                      "--access-log",
                                      "all",
                                      "--drain-timeout",
                                      "30s",
                                      "--drain-delay",
                                      "250ms",
                                      "--max-connections",
                                      "5",
                                      "--max-inflight",
                                      "6",
                                      "--max-body",
                                      "64KiB",
                                      "--header-timeout",
                                      "1s",
                                      "--idle-timeout",
                                      "2m",
                                      "--auth",
                                      "jwt",
                                      "--jwt-key",
                                      "k.pem",
                                      "--tls-cert",
                                      "c.pem",
                                      "--tls-key",
                                      "t.pem",
                                      "--cors-origin",
                                      "https://app.example:8443",
                                      "--trace-exporter",
                                      "http://localhost:9411/api/v2/spans",
                                      "--siblings",
                                      "http://a:1, http://b:2"});
  REQUIRE_NOTHROW(server.validate());
  REQUIRE(server.listen.host == "::1");
  REQUIRE(server.listen.port == 0);
  REQUIRE(server.listen.to_string() == "[::1]:0");
  REQUIRE(server.threads == 3);
  REQUIRE(server.data == "/srv/x");
  REQUIRE(server.log_level == log::Level::debug);
  REQUIRE(server.log_format == log::Format::json);
  REQUIRE(server.access_log == AccessLogMode::all);
  REQUIRE(server.drain_timeout == 30s);
  REQUIRE(server.drain_delay == 250ms);
  REQUIRE(server.max_connections == 5);
  REQUIRE(server.max_inflight == 6);
  REQUIRE(server.max_body == 65'536);
  REQUIRE(server.header_timeout == 1s);
  REQUIRE(server.idle_timeout == 2min);
  REQUIRE(server.auth == Auth::jwt);
  REQUIRE(server.jwt_key == "k.pem");
  REQUIRE(server.tls());
  REQUIRE(server.tls_key == "t.pem");
  REQUIRE(server.cors_origin == "https://app.example:8443");
  REQUIRE(server.trace_exporter == "http://localhost:9411/api/v2/spans");
  REQUIRE(server.siblings == std::vector<std::string>{"http://a:1", "http://b:2"});
}

TEST_CASE("options that make no sense together are refused by name") {
  REQUIRE(conflict({"--threads", "0"}) == "--threads 0: at least one thread must work");
  REQUIRE(conflict({"--threads", "2000"}).rfind("--threads", 0) == 0);
  REQUIRE(conflict({"--tls-cert", "c"}) == "--tls-cert needs --tls-key");
  REQUIRE(conflict({"--tls-key", "k"}) == "--tls-key needs --tls-cert");
  REQUIRE(conflict({"--auth", "jwt"}) == "--auth jwt needs --jwt-key");
  REQUIRE(conflict({"--jwt-key", "k"}) == "--jwt-key has no use without --auth jwt");
  REQUIRE(conflict({"--data", ""}).rfind("--data", 0) == 0);
  REQUIRE(conflict({"--max-connections", "0"}).rfind("--max-connections 0", 0) == 0);
  REQUIRE(conflict({"--max-inflight", "0"}).rfind("--max-inflight 0", 0) == 0);
  REQUIRE(conflict({"--header-timeout", "0s"}).rfind("--header-timeout 0s", 0) == 0);
  REQUIRE(conflict({"--idle-timeout", "0s"}).rfind("--idle-timeout 0s", 0) == 0);
  REQUIRE(conflict({"--cors-origin", "app.example"}).rfind("--cors-origin", 0) == 0);
  REQUIRE(conflict({"--cors-origin", "https://app.example/"}).rfind("--cors-origin", 0) == 0);
  REQUIRE(conflict({"--cors-origin", "*"}).rfind("--cors-origin", 0) == 0);
  REQUIRE(conflict({"--trace-exporter", "zipkin"}).rfind("--trace-exporter: 'zipkin' is not one of", 0) == 0);
}

TEST_CASE("a listen address is a host and a port") {
  REQUIRE(parse_listen_address("localhost:80").value().host == "localhost");
  REQUIRE(parse_listen_address("0.0.0.0:65535").value().port == 65535);
  for (const char* bad :
       {"", "8080", ":8080", "localhost", "localhost:", "localhost:x", "localhost:65536", "localhost:-1",
        "localhost: 80", "::1:80", "[::1]", "[]:80", "[localhost]:80", "http://localhost:80", "a b:80"}) {
    INFO(bad);
    REQUIRE(parse_listen_address(bad).has_error());
  }
}
