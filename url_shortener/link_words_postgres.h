// The index that search walks, in PostgreSQL: one row for each word of a link, ordered as lists are. As
// link_words_sqlite.h, which says how; here each step is a statement. Entries are written by the statement that writes
// the link (link_rows_postgres.h).

#pragma once

#include "common/postgres/pool.h"
#include "url_shortener/link_store.h"

namespace url_shortener::rows {

common::Task<common::Result<SearchPage>> search_words(common::postgres::Pool& pool, const SearchQuery& query);

// Indexes the next few links that have not been gone through; true when there are none left.
common::Task<common::Result<bool>> index_some(common::postgres::Pool& pool);

// All links are to be gone through once more.
common::Task<common::Result<void>> begin_index_anew(common::postgres::Pool& pool);

}  // namespace url_shortener::rows
