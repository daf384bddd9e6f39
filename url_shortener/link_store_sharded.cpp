#include "url_shortener/link_store_sharded.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <tuple>

#include "common/runtime/all.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::TimePoint;

namespace {

bool is_newer(const Link& a, const Link& b) {
  return std::tie(b.created_at, b.code) < std::tie(a.created_at, a.code);
}

InsertOutcome replay_or_refuse(IdempotentAnswer kept, const IdempotentAnswer& asked) {
  if (kept.request_hash != asked.request_hash) return KeyReused{};
  return Replayed{std::move(kept)};
}

}  // namespace

LinkStoreSharded::LinkStoreSharded(Shards& shards, Search search) : ring_(shards.ring()) {
  for (std::size_t i = 0; i < shards.size(); ++i)
    shards_.push_back(std::make_unique<LinkStorePostgres>(shards.at(i), search));
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
  const IdempotentAnswer key = answer;
  Result<InsertOutcome> outcome = CodeTaken{};
  if (*kept) {
    outcome = replay_or_refuse(std::move(**kept), key);
  } else {
    outcome = co_await insert_or_reuse(std::move(insert));
  }
  const bool in_vain = outcome.has_value() &&
                       (std::holds_alternative<CodeTaken>(*outcome) || std::holds_alternative<KeyReused>(*outcome));
  if (is_away && in_vain) {
    const auto unbound = co_await home.unbind_key(key);  // nothing came of the request: the key is free of it again
    if (unbound.has_error()) co_return unbound.error();
  }
  co_return outcome;
}

// On its shard. A key that lives there too is tied to its request in the same transaction.
Task<Result<InsertOutcome>> LinkStoreSharded::insert_at(std::size_t shard, Insert insert) {
  const bool is_home = insert.answer && key_shard(*insert.answer) == shard;
  if (is_home) co_return co_await shards_[shard]->bind_and_insert(std::move(insert));
  co_return co_await shards_[shard]->insert(std::move(insert));
}

Task<Result<InsertOutcome>> LinkStoreSharded::insert_or_reuse(Insert insert) {
  const std::size_t here = ring_.owner(insert.link.code);
  if (!insert.reuse_existing) co_return co_await insert_at(here, std::move(insert));
  auto elsewhere = co_await find_elsewhere(insert, here);
  if (elsewhere.has_error()) co_return elsewhere.error();
  if (!*elsewhere) co_return co_await insert_at(here, std::move(insert));
  if (insert.answer && insert.answer_existing) {
    if (key_shard(*insert.answer) == here) {  // an away one has been tied already
      const auto bound = co_await shards_[here]->bind_key(*insert.answer, insert.link.created_at);
      if (bound.has_error()) co_return bound.error();
      if (!*bound) co_return InsertOutcome{KeyReused{}};
    }
    auto kept = co_await shards_[here]->keep_answer(insert.answer_existing(**elsewhere), insert.link.created_at);
    if (kept.has_error()) co_return kept.error();
    if (*kept) co_return replay_or_refuse(std::move(**kept), *insert.answer);  // a moment ago
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
  std::sort(merged.begin(), merged.end(), is_newer);
  if (merged.size() > query.limit) merged.resize(query.limit);
  co_return merged;
}

namespace {

// The part of a batch that one shard has. Items whose generated codes are taken there are left out, and the others
// tried again: to the caller they are CodeTaken, and it draws other codes for them.
Task<Result<std::vector<InsertMany::Outcome>>> insert_part(LinkStorePostgres& shard, InsertMany part) {
  std::vector<InsertMany::Outcome> outcomes(part.items.size(), CodeTaken{});
  std::vector<std::size_t> places(part.items.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  while (!places.empty()) {
    InsertMany some;
    some.now = part.now;
    for (const std::size_t place : places)
      some.items.push_back(part.items[place]);
    auto outcome = co_await shard.insert_many(std::move(some));
    if (outcome.has_error()) co_return outcome.error();
    if (const auto* taken = std::get_if<CodesTaken>(&*outcome)) {
      for (auto item = taken->items.rbegin(); item != taken->items.rend(); ++item)
        places.erase(places.begin() + static_cast<std::ptrdiff_t>(*item));
      continue;
    }
    auto& done = std::get<std::vector<InsertMany::Outcome>>(*outcome);
    for (std::size_t i = 0; i < places.size(); ++i)
      outcomes[places[i]] = std::move(done[i]);
    break;
  }
  co_return outcomes;
}

}  // namespace

std::vector<std::size_t> LinkStoreSharded::misfits(const InsertMany& many) const {
  std::vector<std::size_t> misfits;
  for (std::size_t i = 0; i < many.items.size(); ++i) {
    const auto& item = many.items[i];
    const std::size_t shard = ring_.owner(item.link.code);
    const bool misses_url = item.reuse_existing && shard != url_shard(item.link.long_url);
    const bool misses_key = many.answer && shard != key_shard(*many.answer);
    if (!item.code_is_wished && (misses_url || misses_key)) misfits.push_back(i);
  }
  return misfits;
}

Task<Result<InsertManyOutcome>> LinkStoreSharded::insert_many(InsertMany many) {
  const bool has_wishes = std::any_of(many.items.begin(), many.items.end(), [](const InsertMany::Item& item) {
    return item.code_is_wished || item.reuse_existing;
  });
  if (many.answer && has_wishes) {
    co_return common::Error{common::Failure::invalid,
                            "on several shards a batch with an Idempotency-Key takes neither alias nor ifExists"};
  }
  if (auto other_codes = misfits(many); !other_codes.empty()) {
    co_return InsertManyOutcome{CodesTaken{std::move(other_codes)}};
  }
  if (many.answer) co_return co_await shards_[key_shard(*many.answer)]->insert_many(std::move(many));
  std::vector<InsertMany::Outcome> outcomes(many.items.size(), CodeTaken{});
  std::map<std::size_t, std::vector<std::size_t>> places;  // by shard
  for (std::size_t i = 0; i < many.items.size(); ++i) {
    const auto& item = many.items[i];
    if (item.reuse_existing) {
      Insert one;
      one.link = item.link;
      one.reuse_existing = true;
      outcomes[i] = of_many(co_await insert_or_reuse(std::move(one)));
    } else {
      places[ring_.owner(item.link.code)].push_back(i);
    }
  }
  std::vector<Task<Result<std::vector<InsertMany::Outcome>>>> parts;
  for (const auto& [shard, mine] : places) {
    InsertMany part;
    part.now = many.now;
    for (const std::size_t i : mine)
      part.items.push_back(many.items[i]);
    parts.push_back(insert_part(*shards_[shard], std::move(part)));
  }
  const auto done = co_await common::all(std::move(parts));
  for (auto [part, entry] = std::pair(done.begin(), places.begin()); part != done.end(); ++part, ++entry) {
    for (std::size_t i = 0; i < entry->second.size(); ++i) {
      InsertMany::Outcome& outcome = outcomes[entry->second[i]];
      if (part->has_error()) {
        outcome = Failed{part->error()};
      } else {
        outcome = (**part)[i];
      }
    }
  }
  co_return InsertManyOutcome{std::move(outcomes)};
}

// Each shard has looked as far as its `next`; what lies beyond the nearest of those may still come on that shard.
Task<Result<SearchPage>> LinkStoreSharded::search(SearchQuery query) {
  std::vector<Task<Result<SearchPage>>> asked;
  for (const auto& shard : shards_)
    asked.push_back(shard->search(query));
  SearchPage merged;
  for (auto& page : co_await common::all(std::move(asked))) {
    if (page.has_error()) co_return page.error();
    std::move(page->links.begin(), page->links.end(), std::back_inserter(merged.links));
    if (page->next && (!merged.next || *merged.next < *page->next)) merged.next = std::move(page->next);
  }
  std::sort(merged.links.begin(), merged.links.end(), is_newer);
  const auto beyond = std::find_if(merged.links.begin(), merged.links.end(), [&](const Link& link) {
    return merged.next && Position(link.created_at, link.code) < *merged.next;
  });
  merged.links.erase(beyond, merged.links.end());
  if (merged.links.size() > query.limit) {
    merged.links.resize(query.limit);
    merged.next.emplace(merged.links.back().created_at, merged.links.back().code);
  }
  co_return merged;
}

Task<Result<bool>> LinkStoreSharded::index_more() {
  std::vector<Task<Result<bool>>> asked;
  for (const auto& shard : shards_)
    asked.push_back(shard->index_more());
  bool is_whole = true;
  for (const auto& done : co_await common::all(std::move(asked))) {
    if (done.has_error()) co_return done.error();
    is_whole = is_whole && *done;
  }
  co_return is_whole;
}

}  // namespace url_shortener
