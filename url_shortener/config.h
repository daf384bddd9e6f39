// The shortener's settings: those of every server, and its own.

#pragma once

#include <optional>
#include <string>

#include "common/config/server_options.h"

namespace url_shortener {

struct Config {
  common::ServerOptions server;
  std::string codes = "permuted_counter";
  unsigned code_length = 0;      // 0: the generator's natural length
  std::string store = "sqlite";  // sqlite, memory
  std::string cache = "local";   // local, none
  int redirect_status = 302;
  std::string base_url;                 // empty: the address it listens on
  std::size_t local_entries = 100'000;  // links in the local cache, for each thread

  // Reads flags, environment and file. A text comes back when the user asked for --help or --version.
  // Throws common::UsageError.
  std::optional<std::string> parse(int argc, const char* const* argv);
};

}  // namespace url_shortener
