// The options that every server has: one struct, filled once by main.
//
//   ServerOptions server;
//   server.add_to(options, "url_shortener", 8081);
//   … options.parse(argc, argv) …
//   server.validate();

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/options.h"
#include "common/log.h"

namespace common {

// Where to listen: a host name or address (IPv6 without its brackets) and a port; 0 takes a free
// one.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;

  // "127.0.0.1:8081", "[::1]:8081".
  std::string to_string() const;
};

// "HOST:PORT"; IPv6 addresses in brackets. Errors: Failure::invalid, showing the accepted form.
Result<ListenAddress> parse_listen_address(std::string_view text);

enum class AccessLogMode { off, errors, all };
enum class Auth { none, jwt };

struct ServerOptions {
  ServerOptions();

  // Listening
  ListenAddress listen;
  unsigned threads;                   // worker threads, each with its own event loop; default: cores
  std::string data;                   // folder of the SQLite files
  std::string tls_cert;               // PEM file; empty: plain text
  std::string tls_key;                // PEM file
  std::vector<std::string> siblings;  // base URLs of the other servers, for the page

  // Limits
  std::size_t max_connections = 20'000;                                // open at once; above: 503 and closed
  std::size_t max_inflight = 4'096;                                    // requests being answered at once; above: 503
  std::size_t max_body = 1'048'576;                                    // bytes; above: 413
  std::chrono::nanoseconds header_timeout = std::chrono::seconds{10};  // for a whole header
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{75};    // between requests
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds{10};   // to finish what was accepted
  std::chrono::nanoseconds drain_delay = std::chrono::seconds{0};      // still listening after SIGTERM

  // Access
  Auth auth = Auth::none;
  std::string jwt_key;      // file: a PEM key (RS256) or a secret (HS256)
  std::string cors_origin;  // "https://app.example"; empty: no CORS

  // Observing
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
  AccessLogMode access_log = AccessLogMode::errors;
  std::string trace_exporter = "none";  // none, log, or the http:// URL of a Zipkin collector

  bool tls() const { return !tls_cert.empty(); }

  // Declares them all. `program` names the default data folder, ./data/<program>.
  void add_to(Options& options, std::string_view program, std::uint16_t default_port);

  // Throws UsageError naming the first conflict: half a TLS pair, a zero where one is needed, and
  // the like.
  void validate() const;
};

}  // namespace common
