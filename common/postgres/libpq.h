// libpq behind types that clean up after themselves. For the .cpp files of this folder only: nobody else needs
// libpq-fe.h.

#pragma once

#include <libpq-fe.h>

#include <memory>

#include "common/postgres/rows.h"
#include "common/postgres/sql_error.h"

namespace common::postgres {

// What sessions call themselves in pg_stat_activity, unless their URL says otherwise.
inline constexpr const char* application_name = "loadbearing";

// What the server said against a statement.
SqlError to_error(const PGresult& result);

}  // namespace common::postgres
