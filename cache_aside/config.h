// cache_aside's settings: those of every server, and its own.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/config/server_options.h"

namespace cache_aside {

struct Config {
  common::ServerOptions server;
  std::string store = "sqlite";  // sqlite, memory, postgres://…
  std::string read_store;        // postgres://… of a replica; empty: none
  std::size_t store_connections = 4;
  std::chrono::nanoseconds store_delay{0};
  std::size_t store_concurrency = 0;  // 0: no limit
  std::string cache = "local";        // local, none, redis://…, local+redis://…
  std::chrono::milliseconds redis_timeout{50};
  std::string preset;  // textbook, or empty
  std::string write_policy = "lease";
  std::string stampede = "single_flight";
  double beta = 1.0;  // early_refresh
  std::chrono::nanoseconds stale_for = std::chrono::seconds{60};
  std::string eviction = "sieve";
  std::size_t local_entries = 100'000;
  std::size_t local_bytes = 256 * 1024 * 1024;
  std::chrono::nanoseconds ttl = std::chrono::hours{1};
  unsigned ttl_jitter = 10;  // per cent
  std::chrono::nanoseconds negative_ttl = std::chrono::seconds{5};
  std::string fanout = "hybrid";
  std::uint64_t celebrity_followers = 10'000;
  std::size_t feed_entries = 800;
  std::chrono::nanoseconds feed_ttl = std::chrono::minutes{5};
  std::chrono::nanoseconds post_ttl = std::chrono::hours{1};

  bool cache_local() const { return cache.starts_with("local"); }
  std::string cache_redis() const;  // the URL; empty without

  // Reads flags, environment and file. A text comes back when the user asked for --help or --version.
  // Throws common::UsageError.
  std::optional<std::string> parse(int argc, const char* const* argv);

 private:
  void add_to(common::Options& options);
  void apply_preset(const common::Options& options);
  void validate(const common::Options& options);
};

}  // namespace cache_aside
