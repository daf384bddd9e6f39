// What the PostgreSQL stores have in common: creation with an Idempotency-Key. The key is claimed first: of two
// transactions with one key the second waits for the first, and finds its answer.

#pragma once

#include <optional>
#include <utility>

#include "cache_aside/user.h"
#include "common/postgres/pool.h"

namespace cache_aside::rows {

using common::postgres::Pool;
using common::postgres::SqlResult;
using common::postgres::Transaction;

// Claims the key; the answer, if it has been claimed before. Forgets two old ones, too.
common::Task<SqlResult<std::optional<IdempotentAnswer>>> claim(Transaction& transaction, std::string_view scope,
                                                               std::string_view key, std::string_view request_hash,
                                                               common::TimePoint now);
common::Task<SqlResult<void>> fill_in(Transaction& transaction, const IdempotentAnswer& answer);
common::Task<SqlResult<void>> give_back(Transaction& transaction, std::string_view scope, std::string_view key);

// `insert(transaction)` gives a CreateOutcome<T>. All in one transaction.
template <class T, class Insert>
common::Task<common::Result<CreateOutcome<T>>> create_once(Transaction& transaction, const Keep<T>& keep,
                                                           common::TimePoint now, Insert insert) {
  auto before = co_await claim(transaction, keep.scope, keep.key, keep.request_hash, now);
  if (before.has_error()) co_return before.error();
  if (*before) {
    if ((*before)->request_hash != keep.request_hash) co_return CreateOutcome<T>(KeyReused{});
    co_return CreateOutcome<T>(Replayed{std::move(**before)});
  }
  common::Result<CreateOutcome<T>> created = co_await insert(transaction);
  if (created.has_error()) co_return created.error();
  const auto* const stored = std::get_if<Stored<T>>(&*created);
  if (!stored) {
    const auto given_back = co_await give_back(transaction, keep.scope, keep.key);
    if (given_back.has_error()) co_return given_back.error();
    co_return created;
  }
  const IdempotentAnswer answer = keep.answer(stored->row);
  const auto filled = co_await fill_in(transaction, answer);
  if (filled.has_error()) co_return filled.error();
  co_return created;
}

}  // namespace cache_aside::rows
