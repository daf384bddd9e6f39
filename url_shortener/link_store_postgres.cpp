#include "url_shortener/link_store_postgres.h"

#include "common/runtime/runtime.h"
#include "url_shortener/answer_rows_postgres.h"
#include "url_shortener/link_many_postgres.h"
#include "url_shortener/link_words_postgres.h"

namespace url_shortener {

using common::Error;
using common::Failure;
using common::Result;
using common::Task;
using common::TimePoint;
using common::postgres::SqlResult;
using common::postgres::Transaction;

namespace {

// Editors of one link that lose the race so often are not editing but fighting.
constexpr int swaps_max = 20;

// The answer that was kept for a new link becomes the one for the link that was found.
Task<SqlResult<void>> say_existing(Transaction& transaction, const Insert& insert, const Link& existing) {
  if (!insert.answer) co_return SqlResult<void>{};
  if (!insert.answer_existing) co_return co_await rows::forget_answer(transaction, *insert.answer);
  const IdempotentAnswer answer = insert.answer_existing(existing);
  co_return co_await rows::replace_answer(transaction, answer);
}

// The decisions of a creation that must be one: the answer that is kept, the link that is reused, the code.
Task<Result<InsertOutcome>> insert_in(Transaction& transaction, const Insert& insert, Search search) {
  const TimePoint now = insert.link.created_at;
  if (insert.answer) {
    auto kept = co_await rows::keep_answer(transaction, *insert.answer, now);
    if (kept.has_error()) co_return kept.error();
    if (*kept) {
      if ((*kept)->request_hash != insert.answer->request_hash) co_return InsertOutcome{KeyReused{}};
      co_return InsertOutcome{Replayed{std::move(**kept)}};
    }
  }
  if (insert.reuse_existing) {
    auto found = co_await rows::lock_and_find_live_link(transaction, insert.link.long_url, now);
    if (found.has_error()) co_return found.error();
    if (*found) {
      const auto said = co_await say_existing(transaction, insert, **found);
      if (said.has_error()) co_return said.error();
      co_return InsertOutcome{Existing{std::move(**found)}};
    }
  }
  const auto inserted = co_await rows::insert_link(transaction, insert.link, search);
  if (inserted.has_error()) co_return inserted.error();
  if (*inserted) co_return InsertOutcome{Inserted{}};
  if (insert.answer) {
    const auto forgotten = co_await rows::forget_answer(transaction, *insert.answer);
    if (forgotten.has_error()) co_return forgotten.error();
  }
  co_return InsertOutcome{CodeTaken{}};
}

// The same where the key must also be tied to this request. Nothing came of a code that is taken, and another request
// has the key where there is another answer: then it is free of this one.
Task<Result<InsertOutcome>> bind_and_insert_in(Transaction& transaction, const Insert& insert, Search search) {
  const auto bound = co_await rows::bind_key(transaction, *insert.answer, insert.link.created_at);
  if (bound.has_error()) co_return bound.error();
  if (!*bound) co_return InsertOutcome{KeyReused{}};
  auto outcome = co_await insert_in(transaction, insert, search);
  if (outcome.has_error()) co_return outcome.error();
  if (std::holds_alternative<CodeTaken>(*outcome) || std::holds_alternative<KeyReused>(*outcome)) {
    const auto unbound = co_await rows::unbind_key(transaction, *insert.answer);
    if (unbound.has_error()) co_return unbound.error();
  }
  co_return std::move(*outcome);
}

}  // namespace

LinkStorePostgres::LinkStorePostgres(StorePostgres& store, Search search) : store_(store), search_(search) {
  LinkBatches::Options options;
  options.under_way_max = store.connections_each();
  for (std::size_t i = 0; i < store.threads(); ++i) {
    batches_.push_back(std::make_unique<LinkBatches>(
        options, [this](std::vector<Link> links) { return insert_all(std::move(links)); }));
  }
}

Task<Result<std::vector<bool>>> LinkStorePostgres::insert_all(std::vector<Link> links) {
  co_return co_await rows::insert_links(store_.pool(), links, search_);
}

Task<Result<InsertOutcome>> LinkStorePostgres::insert(Insert insert) {
  if (insert.answer || insert.reuse_existing) {
    co_return co_await store_.pool().transaction(
        [&](Transaction& transaction) { return insert_in(transaction, insert, search_); });
  }
  const auto inserted = co_await batches_[common::current_thread_index()]->add(std::move(insert.link));
  if (inserted.has_error()) co_return inserted.error();
  if (*inserted) co_return InsertOutcome{Inserted{}};
  co_return InsertOutcome{CodeTaken{}};
}

Task<Result<InsertOutcome>> LinkStorePostgres::bind_and_insert(Insert insert) {
  co_return co_await store_.pool().transaction(
      [&](Transaction& transaction) { return bind_and_insert_in(transaction, insert, search_); });
}

Task<Result<std::optional<IdempotentAnswer>>> LinkStorePostgres::find_answer(std::string scope, std::string key,
                                                                             TimePoint now) {
  co_return co_await rows::find_answer(store_.pool(), scope, key, now);
}

Task<Result<std::optional<Link>>> LinkStorePostgres::find_live(std::string long_url, TimePoint now) {
  co_return co_await rows::find_live_link(store_.pool(), long_url, now);
}

Task<Result<std::optional<IdempotentAnswer>>> LinkStorePostgres::keep_answer(IdempotentAnswer answer, TimePoint now) {
  co_return co_await store_.pool().transaction(
      [&](Transaction& transaction) { return rows::keep_answer(transaction, answer, now); });
}

Task<Result<bool>> LinkStorePostgres::bind_key(IdempotentAnswer answer, TimePoint now) {
  const auto bound = co_await rows::bind_key(store_.pool(), answer, now);
  if (bound.has_error()) co_return bound.error();
  co_return *bound;
}

Task<Result<void>> LinkStorePostgres::unbind_key(IdempotentAnswer answer) {
  const auto unbound = co_await rows::unbind_key(store_.pool(), answer);
  if (unbound.has_error()) co_return unbound.error();
  co_return Result<void>{};
}

Task<Result<std::optional<Link>>> LinkStorePostgres::find(std::string code) {
  co_return co_await rows::find_link(store_.pool(), code);
}

Task<Result<LinkStore::Click>> LinkStorePostgres::take_click(std::string code, TimePoint now) {
  // A link without a limit, or gone for good, needs no write to say so.
  auto link = co_await rows::find_link(store_.pool(), code);
  if (link.has_error()) co_return link.error();
  const bool live = *link && gone(**link, now) == Gone::no;
  if (!live || !(*link)->max_clicks) co_return Click{std::move(*link), live};
  auto counted = co_await rows::count_click(store_.pool(), code, now);
  if (counted.has_error()) co_return counted.error();
  if (*counted) co_return Click{std::move(*counted), true};
  auto since = co_await rows::find_link(store_.pool(), code);  // used up, deleted or edited meanwhile
  if (since.has_error()) co_return since.error();
  co_return Click{std::move(*since), false};
}

// Compare-and-swap: a change is made of what was read, and kept if the version is still the one that was read.
template <class Change>
Task<Result<EditOutcome>> LinkStorePostgres::change(std::string code, std::optional<std::uint64_t> version,
                                                    Change make) {
  for (int swaps = 0; swaps < swaps_max; ++swaps) {
    const auto link = co_await rows::find_link(store_.pool(), code);
    if (link.has_error()) co_return link.error();
    if (!*link || (*link)->deleted) co_return EditOutcome{NotFound{}};
    if (version && *version != (*link)->version) co_return EditOutcome{VersionMismatch{(*link)->version}};
    Link changed = **link;
    make(changed);
    auto updated = co_await rows::update_link(store_.pool(), **link, changed, search_);
    if (updated.has_error()) co_return updated.error();
    if (*updated) co_return EditOutcome{std::move(**updated)};
  }
  co_return Error{Failure::overloaded, "the link is being edited too often"};
}

Task<Result<EditOutcome>> LinkStorePostgres::edit(std::string code, Edit edit, std::optional<std::uint64_t> version) {
  co_return co_await change(std::move(code), version, [&](Link& link) { apply(edit, link); });
}

Task<Result<EditOutcome>> LinkStorePostgres::remove(std::string code, std::optional<std::uint64_t> version) {
  co_return co_await change(std::move(code), version, [](Link& link) {
    link.deleted = true;
    ++link.version;
  });
}

Task<Result<std::vector<Link>>> LinkStorePostgres::list(ListQuery query) {
  co_return co_await rows::list_links(store_.pool(), query);
}

Task<Result<InsertManyOutcome>> LinkStorePostgres::insert_many(InsertMany many) {
  co_return co_await rows::insert_many(store_.pool(), many, search_);
}

Task<Result<SearchPage>> LinkStorePostgres::search(SearchQuery query) {
  if (!index_is_whole_) co_return co_await LinkStore::search(std::move(query));
  co_return co_await rows::search_words(store_.pool(), query);
}

Task<Result<bool>> LinkStorePostgres::index_more() {
  if (search_ == Search::scan) {
    const auto begun = co_await rows::begin_index_anew(store_.pool());
    if (begun.has_error()) co_return begun.error();
    co_return true;
  }
  const auto whole = co_await rows::index_some(store_.pool());
  if (whole.has_error()) co_return whole.error();
  index_is_whole_ = *whole;
  co_return *whole;  // not `whole`: a const Result<bool> that is passed on becomes whether it has a value
}

}  // namespace url_shortener
