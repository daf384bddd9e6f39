// The statements that link_store_postgres.cpp is made of. Those of a transaction take it, the others the pool.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/postgres/pool.h"
#include "url_shortener/link_store.h"

namespace url_shortener::rows {

using common::postgres::Pool;
using common::postgres::SqlResult;
using common::postgres::Transaction;

template <class T>
using Outcome = common::Task<SqlResult<T>>;

Outcome<std::optional<Link>> find_link(Pool& pool, const std::string& code);
// Those that are there, in no order.
Outcome<std::vector<Link>> find_links(Pool& pool, const std::vector<std::string>& codes);
Outcome<std::vector<Link>> links_after(Transaction& transaction, const std::string& code, std::size_t limit);
Outcome<std::vector<Link>> list_links(Pool& pool, const ListQuery& query);

// Which of them were inserted. The primary key decides; of several with one code in one call, the first wins.
// With Search::words the entries of their words too (link_words_postgres.h), in all that write here.
Outcome<std::vector<bool>> insert_links(Pool& pool, const std::vector<Link>& links, Search search);
Outcome<std::vector<bool>> insert_links(Transaction& transaction, const std::vector<Link>& links, Search search);
Outcome<bool> insert_link(Transaction& transaction, const Link& link, Search search);

// Replaces the row of `before` by `after`, if its version is still that of `before`; what is counted against max_clicks
// stays as it is then. Answers the row as it has become; nullopt when it has changed meanwhile.
Outcome<std::optional<Link>> update_link(Pool& pool, const Link& before, const Link& after, Search search);

// Counts a click if there is one left at `now`. Answers the row as it is after; nullopt when there is none left.
Outcome<std::optional<Link>> count_click(Pool& pool, const std::string& code, common::TimePoint now);

// Of that URL's links the one that redirects at `now` and lives longest. However many there are that no longer
// redirect: none of them is looked at.
extern const char* const postgres_find_live;  // hash, URL, now
Outcome<std::optional<Link>> find_live_link(Pool& pool, const std::string& long_url, common::TimePoint now);
// The same, and no other transaction looks for that URL until this one has ended.
Outcome<std::optional<Link>> lock_and_find_live_link(Transaction& transaction, const std::string& long_url,
                                                     common::TimePoint now);

}  // namespace url_shortener::rows
