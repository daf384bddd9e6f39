// Many creations in one transaction of PostgreSQL's: the links without reuse in one statement, the others one by one.

#pragma once

#include "common/postgres/pool.h"
#include "url_shortener/link_store.h"

namespace url_shortener::rows {

common::Task<common::Result<InsertManyOutcome>> insert_many(common::postgres::Pool& pool, const InsertMany& many,
                                                            Search search);

}  // namespace url_shortener::rows
