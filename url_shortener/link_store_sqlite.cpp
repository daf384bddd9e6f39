#include "url_shortener/link_store_sqlite.h"

#include "common/digest.h"
#include "url_shortener/link_many_sqlite.h"
#include "url_shortener/link_rows_sqlite.h"
#include "url_shortener/link_words_sqlite.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::TimePoint;
using common::sqlite::Database;

namespace {

// All decisions of creation, in one transaction: nothing can come between looking and writing.
InsertOutcome insert_now(Database& database, const Insert& insert, std::string_view url_hash, Search search) {
  const TimePoint now = insert.link.created_at;
  if (insert.answer) {
    if (auto kept = rows::find_answer(database, insert.answer->scope, insert.answer->key, now)) {
      if (kept->request_hash != insert.answer->request_hash) return KeyReused{};
      return Replayed{std::move(*kept)};
    }
  }
  if (insert.reuse_existing) {
    if (auto found = rows::find_live_link(database, insert.link.long_url, url_hash, now)) {
      if (insert.answer && insert.answer_existing) {
        rows::keep_answer(database, insert.answer_existing(*found), now);
      }
      return Existing{std::move(*found)};
    }
  }
  if (!rows::insert_link(database, insert.link, url_hash)) return CodeTaken{};
  if (search == Search::words) rows::insert_words(database, insert.link);
  if (insert.answer) rows::keep_answer(database, *insert.answer, now);
  return Inserted{};
}

template <class Change>
EditOutcome change_now(Database& database, std::string_view code, std::optional<std::uint64_t> version, Search search,
                       Change make_change) {
  const auto link = rows::find_link(database, code);
  if (!link || link->deleted) return NotFound{};
  if (version && *version != link->version) return VersionMismatch{link->version};
  Link changed = *link;
  make_change(changed);
  rows::update_link(database, *link, changed);
  if (search == Search::words) rows::change_words(database, *link, changed);
  return changed;
}

LinkStore::Click take_click_now(Database& database, std::string_view code, TimePoint now) {
  auto link = rows::find_link(database, code);
  if (!link) return {};
  const bool admitted = admit_click(*link, now);
  if (admitted && link->max_clicks) rows::count_click(database, *link);
  return {std::move(link), admitted};
}

}  // namespace

Task<Result<InsertOutcome>> LinkStoreSqlite::insert(Insert insert) {
  const std::string url_hash = common::sha256(insert.link.long_url);
  co_return co_await store_.writer().write(
      [&](Database& database) { return insert_now(database, insert, url_hash, search_); });
}

Task<Result<std::optional<IdempotentAnswer>>> LinkStoreSqlite::find_answer(std::string scope, std::string key,
                                                                           TimePoint now) {
  co_return store_.read([&](Database& database) { return rows::find_answer(database, scope, key, now); });
}

Task<Result<std::optional<Link>>> LinkStoreSqlite::find(std::string code) {
  co_return store_.read([&](Database& database) { return rows::find_link(database, code); });
}

Task<Result<LinkStore::Click>> LinkStoreSqlite::take_click(std::string code, TimePoint now) {
  // A link without a limit, or gone for good, needs no transaction to say so.
  auto link = store_.read([&](Database& database) { return rows::find_link(database, code); });
  if (!link) co_return link.error();
  const bool live = *link && gone(**link, now) == Gone::no;
  if (!live || !(*link)->max_clicks) co_return Click{std::move(*link), live};
  co_return co_await store_.writer().write([&](Database& database) { return take_click_now(database, code, now); });
}

Task<Result<EditOutcome>> LinkStoreSqlite::edit(std::string code, Edit edit, std::optional<std::uint64_t> version) {
  co_return co_await store_.writer().write([&](Database& database) {
    return change_now(database, code, version, search_, [&](Link& link) { apply(edit, link); });
  });
}

Task<Result<EditOutcome>> LinkStoreSqlite::remove(std::string code, std::optional<std::uint64_t> version) {
  co_return co_await store_.writer().write([&](Database& database) {
    return change_now(database, code, version, search_, [](Link& link) {
      link.deleted = true;
      ++link.version;
    });
  });
}

Task<Result<std::vector<Link>>> LinkStoreSqlite::list(ListQuery query) {
  co_return store_.read([&](Database& database) { return rows::list_links(database, query); });
}

Task<Result<InsertManyOutcome>> LinkStoreSqlite::insert_many(InsertMany many) {
  co_return co_await store_.writer().write(
      [&](Database& database) { return rows::insert_many_now(database, many, search_); });
}

Task<Result<SearchPage>> LinkStoreSqlite::search(SearchQuery query) {
  if (!index_is_whole_) co_return co_await LinkStore::search(std::move(query));
  co_return store_.read([&](Database& database) { return rows::search_words(database, query); });
}

Task<Result<bool>> LinkStoreSqlite::index_more() {
  if (search_ == Search::scan) {
    const auto begun = co_await store_.writer().write([](Database& database) { rows::begin_index_anew(database); });
    if (begun.has_error()) co_return begun.error();
    co_return true;
  }
  const auto whole = co_await store_.writer().write([](Database& database) { return rows::index_some(database); });
  if (whole.has_error()) co_return whole.error();
  index_is_whole_ = *whole;
  co_return *whole;  // not `whole`: a const Result<bool> that is passed on becomes whether it has a value
}

}  // namespace url_shortener
