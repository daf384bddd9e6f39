#include "common/config/server_options.h"

#include <algorithm>
#include <charconv>
#include <thread>

namespace common {
namespace {

constexpr unsigned threads_max = 1024;

// The parts of `text` between commas and spaces, the empty ones left out.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// An origin as browsers send it (RFC 6454): scheme, host, perhaps a port, nothing behind.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    return !rest.empty() && rest.find_first_of("/?#@, \t\r\n") == std::string_view::npos;
  }
  return false;
}

void require(bool holds, const char* problem) {
  if (!holds) throw UsageError(problem);
}

}  // namespace

std::string ListenAddress::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const Error refused{Failure::invalid, "'" + std::string(text) +
                                            "' is not HOST:PORT, such as 127.0.0.1:8080, 0.0.0.0:80 or "
                                            "[::1]:8080"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refused;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return refused;
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return refused;
  }
  if (host.empty() || host.find_first_of(" /@") != std::string_view::npos) return refused;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return refused;
  return ListenAddress{std::string(host), port};
}

ServerOptions::ServerOptions() : threads(std::max(1U, std::thread::hardware_concurrency())) {}

void ServerOptions::add_to(Options& options, std::string_view program, std::uint16_t default_port) {
  listen.port = default_port;
  data = "./data/" + std::string(program);

  options.group("Server");
  options.add_custom("listen", listen.to_string(),
                     {.metavar = "HOST:PORT", .help = "where to accept connections; port 0 takes a free one"},
                     [this](std::string_view text) -> Result<> {
                       auto address = parse_listen_address(text);
                       if (address.has_error()) return address.error();
                       listen = *std::move(address);
                       return {};
                     });
  options.add("threads", threads, {.help = "worker threads, each with its own event loop", .default_text = "cores"});
  options.add(
      "data", data,
      {.metavar = "DIR", .help = "folder of the SQLite files, created when needed; several processes may share it"});
  options.add("tls-cert", tls_cert,
              {.metavar = "FILE",
               .help = "certificate chain (PEM); TLS then replaces plain text on the port",
               .default_text = "off"});
  options.add("tls-key", tls_key,
              {.metavar = "FILE", .help = "private key of the certificate (PEM)", .default_text = "off"});
  options.add_custom("siblings", "",
                     {.metavar = "URLS", .help = "the other servers, linked on the page; separated by commas"},
                     [this](std::string_view text) -> Result<> {
                       siblings = split_list(text);
                       return {};
                     });

  options.group("Limits");
  options.add("max-connections", max_connections, {.help = "connections open at once"});
  options.add("max-inflight", max_inflight,
              {.help = "requests being answered at once (\"load shedding\", \"bulkhead\"); above it 503 "
                       "with Retry-After, except on critical routes"});
  options.add_size("max-body", max_body, {.help = "largest request body; above it 413"});
  options.add("header-timeout", header_timeout,
              {.help = "from a request's first byte to its whole header (against \"slowloris\")"});
  options.add("idle-timeout", idle_timeout, {.help = "how long a kept-alive connection may be silent"});
  options.add("drain-timeout", drain_timeout,
              {.help = "on SIGTERM, how long to finish what was accepted (\"graceful shutdown\")"});
  options.add("drain-delay", drain_delay,
              {.help = "on SIGTERM, how long to go on listening with /readyz at 503, so that load balancers "
                       "look elsewhere first"});

  options.group("Access");
  options.add("auth", auth,
              {{"none", Auth::none, "everybody may do everything"},
               {"jwt", Auth::jwt, "a signed token names the caller (\"bearer token\"); needs --jwt-key"}},
              {.help = "who may call; health, redirects, pages and unsubscribe are always public"});
  options.add(
      "jwt-key", jwt_key,
      {.metavar = "FILE", .help = "key of the tokens: a PEM key means RS256, anything else HS256 (32 bytes or more)"});
  options.add("cors-origin", cors_origin,
              {.metavar = "ORIGIN",
               .help = "the one web origin whose pages may call, such as https://app.example",
               .default_text = "off"});

  options.group("Observing");
  options.add("log-level", log_level,
              {{"trace", log::Level::trace},
               {"debug", log::Level::debug},
               {"info", log::Level::info},
               {"warn", log::Level::warn},
               {"error", log::Level::error},
               {"off", log::Level::off}},
              {.help = "least severe event written to stderr"});
  options.add("log-format", log_format, {{"text", log::Format::text}, {"json", log::Format::json}},
              {.help = "a line for people, or one JSON object a line"});
  options.add("access-log", access_log,
              {{"off", AccessLogMode::off}, {"errors", AccessLogMode::errors}, {"all", AccessLogMode::all}},
              {.help = "which answered requests are logged"});
  options.add("trace-exporter", trace_exporter,
              {.metavar = "WHERE",
               .help = "where spans go (\"distributed tracing\")",
               .choices = {{"none", "nowhere; trace ids are still passed on"},
                           {"log", "to the log"},
                           {"http://\u2026/api/v2/spans", "to a Zipkin or Jaeger collector"}}});
}

void ServerOptions::validate() const {
  require(threads >= 1, "--threads 0: at least one thread must work");
  require(threads <= threads_max, "--threads: more than 1024 is surely a slip");
  require(tls_cert.empty() || !tls_key.empty(), "--tls-cert needs --tls-key");
  require(tls_key.empty() || !tls_cert.empty(), "--tls-key needs --tls-cert");
  require(auth != Auth::jwt || !jwt_key.empty(), "--auth jwt needs --jwt-key");
  require(auth == Auth::jwt || jwt_key.empty(), "--jwt-key has no use without --auth jwt");
  require(!data.empty(), "--data: the folder's name is empty");
  require(max_connections >= 1, "--max-connections 0: nobody could connect");
  require(max_inflight >= 1, "--max-inflight 0: every request would be refused");
  require(header_timeout.count() > 0, "--header-timeout 0s: no request could be read");
  require(idle_timeout.count() > 0, "--idle-timeout 0s: no connection would be kept");
  require(cors_origin.empty() || is_origin(cors_origin),
          "--cors-origin: write one origin such as https://app.example, without a path (never *)");
}

}  // namespace common
