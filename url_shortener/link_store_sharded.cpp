#include "url_shortener/link_store_sharded.h"

#include <algorithm>
#include <iterator>

#include "common/runtime/all.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::TimePoint;

LinkStoreSharded::LinkStoreSharded(Shards& shards) : ring_(shards.ring()) {
  for (std::size_t i = 0; i < shards.size(); ++i)
    shards_.push_back(std::make_unique<LinkStorePostgres>(shards.at(i)));
}

std::size_t LinkStoreSharded::key_shard(const IdempotentAnswer& answer) const {
  return ring_.owner("key " + answer.scope + " " + answer.key);
}

std::size_t LinkStoreSharded::url_shard(std::string_view long_url) const {
  return ring_.owner("url " + std::string(long_url));
}

bool LinkStoreSharded::fits(const Insert& insert) const {
  if (insert.reuse_existing) return ring_.owner(insert.link.code) == url_shard(insert.link.long_url);
  return !insert.answer || ring_.owner(insert.link.code) == key_shard(*insert.answer);
}

Task<Result<InsertOutcome>> LinkStoreSharded::insert(Insert insert) {
  if (insert.answer) co_return co_await insert_with_key(std::move(insert));
  co_return co_await insert_or_reuse(std::move(insert));
}

Task<Result<InsertOutcome>> LinkStoreSharded::insert_with_key(Insert insert) {
  const IdempotentAnswer& answer = *insert.answer;
  const TimePoint now = insert.link.created_at;
  LinkStorePostgres& home = *shards_[key_shard(answer)];
  const bool is_away = &home != &of_code(insert.link.code);
  if (is_away) {
    const auto bound = co_await home.bind_key(answer, now);
    if (bound.has_error()) co_return bound.error();
    if (!*bound) co_return InsertOutcome{KeyReused{}};
  }
  auto kept = co_await find_answer(answer.scope, answer.key, now);
  if (kept.has_error()) co_return kept.error();
  if (*kept) {
    if ((*kept)->request_hash != answer.request_hash) co_return InsertOutcome{KeyReused{}};
    co_return InsertOutcome{Replayed{std::move(**kept)}};
  }
  const IdempotentAnswer key = answer;
  auto outcome = co_await insert_or_reuse(std::move(insert));
  if (is_away && outcome.has_value() && std::holds_alternative<CodeTaken>(*outcome)) {
    const auto unbound = co_await home.unbind_key(key);  // nothing came of the request: the key is free again
    if (unbound.has_error()) co_return unbound.error();
  }
  co_return outcome;
}

Task<Result<InsertOutcome>> LinkStoreSharded::insert_or_reuse(Insert insert) {
  const std::size_t here = ring_.owner(insert.link.code);
  if (!insert.reuse_existing) co_return co_await shards_[here]->insert(std::move(insert));
  auto elsewhere = co_await find_elsewhere(insert, here);
  if (elsewhere.has_error()) co_return elsewhere.error();
  if (!*elsewhere) co_return co_await shards_[here]->insert(std::move(insert));
  if (insert.answer && insert.answer_existing) {
    auto kept = co_await shards_[here]->keep_answer(insert.answer_existing(**elsewhere), insert.link.created_at);
    if (kept.has_error()) co_return kept.error();
    if (*kept) co_return InsertOutcome{Replayed{std::move(**kept)}};  // by the same request, a moment ago
  }
  co_return InsertOutcome{Existing{std::move(**elsewhere)}};
}

Task<Result<std::optional<Link>>> LinkStoreSharded::find_elsewhere(const Insert& insert, std::size_t here) {
  std::vector<Task<Result<std::optional<Link>>>> asked;
  for (std::size_t i = 0; i < shards_.size(); ++i)
    if (i != here) asked.push_back(shards_[i]->find_live(insert.link.long_url, insert.link.created_at));
  for (auto& found : co_await common::all(std::move(asked)))
    if (found.has_error() || *found) co_return std::move(found);
  co_return std::nullopt;
}

Task<Result<std::optional<IdempotentAnswer>>> LinkStoreSharded::find_answer(std::string scope, std::string key,
                                                                            TimePoint now) {
  std::vector<Task<Result<std::optional<IdempotentAnswer>>>> asked;
  for (const auto& shard : shards_)
    asked.push_back(shard->find_answer(scope, key, now));
  for (auto& found : co_await common::all(std::move(asked)))
    if (found.has_error() || *found) co_return std::move(found);
  co_return std::nullopt;
}

Task<Result<std::optional<Link>>> LinkStoreSharded::find(std::string code) {
  return of_code(code).find(code);
}

Task<Result<LinkStore::Click>> LinkStoreSharded::take_click(std::string code, TimePoint now) {
  return of_code(code).take_click(code, now);
}

Task<Result<EditOutcome>> LinkStoreSharded::edit(std::string code, Edit edit, std::optional<std::uint64_t> version) {
  return of_code(code).edit(code, std::move(edit), version);
}

Task<Result<EditOutcome>> LinkStoreSharded::remove(std::string code, std::optional<std::uint64_t> version) {
  return of_code(code).remove(code, version);
}

// Each shard's first `limit` are enough, merged: no later one of any shard can be among the first `limit` of all.
Task<Result<std::vector<Link>>> LinkStoreSharded::list(ListQuery query) {
  std::vector<Task<Result<std::vector<Link>>>> asked;
  for (const auto& shard : shards_)
    asked.push_back(shard->list(query));
  std::vector<Link> merged;
  for (auto& page : co_await common::all(std::move(asked))) {
    if (page.has_error()) co_return page.error();
    std::move(page->begin(), page->end(), std::back_inserter(merged));
  }
  std::sort(merged.begin(), merged.end(), [](const Link& a, const Link& b) {
    return std::tie(b.created_at, b.code) < std::tie(a.created_at, a.code);
  });
  if (merged.size() > query.limit) merged.erase(merged.begin() + static_cast<std::ptrdiff_t>(query.limit), merged.end());
  co_return merged;
}

}  // namespace url_shortener
