// libpq behind types that clean up after themselves. For the .cpp files of this folder only: nobody else needs
// libpq-fe.h.

#pragma once

#include <libpq-fe.h>

#include <memory>

#include "common/postgres/rows.h"
#include "common/postgres/sql_error.h"

namespace common::postgres {

struct FinishConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using ConnectionPtr = std::unique_ptr<PGconn, FinishConnection>;

// What the server said against a statement.
SqlError to_error(const PGresult& result);

}  // namespace common::postgres
