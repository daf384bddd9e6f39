// The PostgreSQL database that the stores share: one pool of connections, and its schema.
//
// Any number of processes on any hosts may use it; they behave as one. The stores on top refer to this: they go first.

#pragma once

#include <string>

#include "common/postgres/pool.h"
#include "common/runtime/runtime.h"

namespace notifier {

class StorePostgres {
 public:
  // Brings the schema up to date (migrations_postgres/), while other processes serve. Throws std::exception with a line
  // for people, without the password.
  StorePostgres(common::Runtime& runtime, const std::string& url);

  common::postgres::Pool& pool() noexcept { return pool_; }
  const std::string& unsubscribe_secret() const noexcept { return unsubscribe_secret_; }
  common::Task<> stop() { return pool_.stop(); }

 private:
  common::postgres::Pool pool_;
  const std::string unsubscribe_secret_;
};

}  // namespace notifier
