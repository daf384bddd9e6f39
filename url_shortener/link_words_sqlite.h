// The index that search walks, in SQLite: one row for each word of a link, ordered as lists are.
//
//   word ─▶ (created_at, code) newest first        one word: the page is the first rows of its walk
//   rarest of several ─▶ ask for the others        a walk of at most examine_max entries, then the page ends
//
// So a page costs the same however many links there are and however many have the word. An entry may be out of date (a
// process with --search scan keeps none): the link it leads to decides. Those that write belong inside a transaction.
// They throw SQLite::Exception.

#pragma once

#include "common/sqlite/database.h"
#include "url_shortener/link_store.h"

namespace url_shortener::rows {

using common::sqlite::Database;

void insert_words(Database& database, const Link& link);

// Those of `before` that `after` lacks go, the others come; of a deleted link all go.
void change_words(Database& database, const Link& before, const Link& after);

SearchPage search_words(Database& database, const SearchQuery& query);

// Indexes the next few links that have not been gone through; true when there are none left.
bool index_some(Database& database);

// They are all to be gone through once more.
void begin_index_anew(Database& database);

}  // namespace url_shortener::rows
