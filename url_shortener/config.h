// The shortener's settings: those of every server, and its own.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/server_options.h"
#include "rate_limiter/local_limit_memory.h"

namespace url_shortener {

struct Config {
  common::ServerOptions server;
  std::string codes = "permuted_counter";
  unsigned code_length = 0;                      // 0: the generator's natural length
  std::vector<std::string> stores = {"sqlite"};  // sqlite or memory; or postgres://…, of which several are shards
  bool rebalance = false;
  std::size_t store_connections = 4;
  std::string cache = "local";  // local, none, redis://…, local+redis://…
  std::chrono::milliseconds redis_timeout{50};
  std::string search = "scan";  // scan, words
  int redirect_status = 302;
  std::string base_url;                 // empty: the address it listens on
  std::size_t local_entries = 100'000;  // links in the local cache, for each thread

  std::optional<rate_limiter::Limit> create_limit;  // links that a client may create
  std::optional<rate_limiter::Limit> miss_limit =
      rate_limiter::parse_rate("100/1m").value();  // unknown codes that it may try

  // Of `cache`: whether there is a local tier, and the URL of the other; empty without.
  bool store_is(std::string_view name) const { return stores.front() == name; }
  bool cache_local() const { return cache.starts_with("local"); }
  std::string cache_redis() const;

  // What was chosen, for whoever reads the log later; without passwords.
  void log_choices() const;

  // Reads flags, environment and file. A text comes back when the user asked for --help or --version.
  // Throws common::UsageError.
  std::optional<std::string> parse(int argc, const char* const* argv);
};

}  // namespace url_shortener
