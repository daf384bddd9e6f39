// The statements that link_store_sqlite.cpp is made of: one function each, run on whatever connection is given.
// Those that write belong inside a transaction. They throw SQLite::Exception.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sqlite/database.h"
#include "url_shortener/link_store.h"

namespace url_shortener::rows {

using common::sqlite::Database;

std::optional<Link> find_link(Database& database, std::string_view code);

// Of that URL's links, whose SHA-256 is `hash`, the one that redirects at `now` and lives longest. However many there
// are that no longer redirect: none of them is looked at.
extern const char* const sqlite_find_live;  // hash, now, URL
std::optional<Link> find_live_link(Database& database, std::string_view long_url, std::string_view hash,
                                   common::TimePoint now);

std::vector<Link> list_links(Database& database, const ListQuery& query);

// False if the code is taken: the primary key decides.
bool insert_link(Database& database, const Link& link, std::string_view hash);

// Replaces the row of `before` by `after`; the code and created_at stay.
void update_link(Database& database, const Link& before, const Link& after);

void count_click(Database& database, const Link& link);

// The answer kept for the key, if it is not older than answer_lifetime.
std::optional<IdempotentAnswer> find_answer(Database& database, const std::string& scope, const std::string& key,
                                            common::TimePoint now);

// Also forgets a few that are too old: two for each one kept, so they never pile up and no sweep is needed.
void keep_answer(Database& database, const IdempotentAnswer& answer, common::TimePoint now);

}  // namespace url_shortener::rows
