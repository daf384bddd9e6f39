// What the SQLite stores have in common: kept answers and invalidation rows. Within a transaction of the caller's.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache_aside/user.h"
#include "common/sqlite/database.h"

namespace cache_aside::rows {

using common::sqlite::Database;

std::optional<IdempotentAnswer> find_answer(Database& database, std::string_view scope, std::string_view key,
                                            common::TimePoint now);
// Forgets two old ones, too.
void keep_answer(Database& database, const IdempotentAnswer& answer, common::TimePoint now);

// Its id.
std::uint64_t note(Database& database, std::string_view key, std::uint64_t version, common::TimePoint now);

// What a kept answer makes of a creation; nothing when there is none.
template <class T>
std::optional<CreateOutcome<T>> answered_before(Database& database, const std::optional<Keep<T>>& keep,
                                                common::TimePoint now) {
  if (!keep) return std::nullopt;
  auto answer = find_answer(database, keep->scope, keep->key, now);
  if (!answer) return std::nullopt;
  if (answer->request_hash != keep->request_hash) return CreateOutcome<T>(KeyReused{});
  return CreateOutcome<T>(Replayed{std::move(*answer)});
}

}  // namespace cache_aside::rows
