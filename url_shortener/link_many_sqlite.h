// Many creations in one transaction of SQLite's. They throw SQLite::Exception.

#pragma once

#include "common/sqlite/database.h"
#include "url_shortener/link_store.h"

namespace url_shortener::rows {

// Inside a transaction. When generated codes are taken, what it did is undone by a savepoint of its own.
InsertManyOutcome insert_many_now(common::sqlite::Database& database, const InsertMany& many, Search search);

}  // namespace url_shortener::rows
