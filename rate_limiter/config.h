// The limiter's settings: those of every server, and its own.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/config/server_options.h"
#include "rate_limiter/client_by_address.h"
#include "rate_limiter/limiter_store_guarded.h"
#include "rate_limiter/passwords.h"
#include "rate_limiter/rule.h"

namespace rate_limiter {

struct Config {
  common::ServerOptions server;
  Algorithm algorithm = Algorithm::token_bucket;  // of the built-in rules
  std::string rules;                              // file; empty: the built-in rules
  std::string store = "memory";                   // memory, redis://…, borrow+redis://…
  FailurePolicy on_store_failure = FailurePolicy::local;
  std::chrono::milliseconds store_timeout{50};
  std::size_t keys_max = 1'000'000;
  std::string users;                         // file of names and password hashes; empty: the demo users
  std::vector<std::string> trusted_proxies;  // addresses and blocks
  unsigned v6_prefix = ClientAddresses::v6_prefix_default;
  std::vector<std::string> admins;  // subjects of tokens that may change rules

  bool borrows() const { return store.starts_with("borrow+"); }
  // The Redis of `store`; empty with memory.
  std::string redis_url() const;
  // The largest limit of sliding_window_log that is accepted: bounded where this process's memory decides.
  std::int64_t log_max() const;
  ClientAddresses client_addresses() const;
  // Those of the files, or the built-in ones. Throw std::runtime_error with file, line and reason.
  std::vector<Rule> first_rules() const;
  Users first_users() const;

  // Reads flags, environment and file. A text comes back when the user asked for --help or --version.
  // Throws common::UsageError.
  std::optional<std::string> parse(int argc, const char* const* argv);
};

}  // namespace rate_limiter
