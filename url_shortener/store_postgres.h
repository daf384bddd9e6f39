// The PostgreSQL database that links, clicks and ids share: one pool of connections, and its schema.
//
// Any number of processes on any hosts may use it; they behave as one. The stores on top refer to this: they go first.

#pragma once

#include <optional>
#include <string>

#include "common/postgres/pool.h"
#include "common/runtime/runtime.h"

namespace url_shortener {

// Brings the schema up to date (migrations_postgres/), while other processes serve. Blocks. Throws std::runtime_error
// with a line for people, without the password: no server, a newer program's schema.
void migrate_links(const std::string& url);

class StorePostgres {
 public:
  struct Options {
    std::string url;  // postgres://…
    // Of this process, shared out to its threads, at least one each; and up to as many more for transactions.
    std::size_t connections = 4;
    std::string session_begin = {};  // common/postgres/options.h
  };

  // On a schema that is up to date. Connects in the background, once the runtime runs.
  StorePostgres(common::Runtime& runtime, Options options);

  common::postgres::Pool& pool() noexcept { return pool_; }
  std::size_t threads() const noexcept { return threads_; }
  // Connections that one thread has.
  std::size_t connections_each() const noexcept { return connections_each_; }

  common::Task<> stop() { return pool_.stop(); }

 private:
  std::size_t threads_;
  std::size_t connections_each_;
  common::postgres::Pool pool_;
};

}  // namespace url_shortener
