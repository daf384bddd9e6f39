#include "url_shortener/link_store_memory.h"

namespace url_shortener {

using common::Result;
using common::Task;
using common::TimePoint;

namespace {

// By how long they live.
Position end_of(const Link& link) {
  return {link.expires_at.value_or(TimePoint::max()), link.code};
}

}  // namespace

// ---- the catalog, under its lock ----

void LinkStoreMemory::Catalog::add(const Link& link) {
  by_time.emplace(link.created_at, link.code);
  by_url[link.long_url].insert(end_of(link));
  for (const auto& tag : link.tags)
    by_tag[tag].emplace(link.created_at, link.code);
}

void LinkStoreMemory::Catalog::remove(const Link& link) {
  by_time.erase({link.created_at, link.code});
  if (const auto same_url = by_url.find(link.long_url); same_url != by_url.end()) {
    same_url->second.erase(end_of(link));
    if (same_url->second.empty()) by_url.erase(same_url);
  }
  for (const auto& tag : link.tags) {
    const auto tagged = by_tag.find(tag);
    if (tagged == by_tag.end()) continue;  // a tag given twice
    tagged->second.erase({link.created_at, link.code});
    if (tagged->second.empty()) by_tag.erase(tagged);
  }
}

void LinkStoreMemory::Catalog::keep(const IdempotentAnswer& answer, TimePoint now) {
  const AnswerKey key{answer.scope, answer.key};
  answers.insert_or_assign(key, KeptAnswer{answer, now});
  answers_by_age.emplace_back(now, key);
}

const IdempotentAnswer* LinkStoreMemory::Catalog::answer(const AnswerKey& key, TimePoint now) const {
  const auto kept = answers.find(key);
  return kept != answers.end() && kept->second.at > now - answer_lifetime ? &kept->second.answer : nullptr;
}

void LinkStoreMemory::Catalog::forget_old_answers(TimePoint now) {
  while (!answers_by_age.empty() && answers_by_age.front().first <= now - answer_lifetime) {
    const auto kept = answers.find(answers_by_age.front().second);
    if (kept != answers.end() && kept->second.at <= now - answer_lifetime) answers.erase(kept);
    answers_by_age.pop_front();
  }
}

// ---- creating ----

Task<Result<InsertOutcome>> LinkStoreMemory::insert(Insert insert) {
  co_return insert_now(insert);
}

InsertOutcome LinkStoreMemory::insert_now(const Insert& insert) {
  const TimePoint now = insert.link.created_at;
  const std::lock_guard catalog_lock(catalog_.mutex);
  if (insert.answer) {
    catalog_.forget_old_answers(now);
    if (const auto* kept = catalog_.answer({insert.answer->scope, insert.answer->key}, now)) {
      if (kept->request_hash != insert.answer->request_hash) return KeyReused{};
      return Replayed{*kept};
    }
  }
  if (insert.reuse_existing) {
    if (auto existing = live_link_of(insert.link.long_url, now)) {
      if (insert.answer && insert.answer_existing) {
        catalog_.keep(insert.answer_existing(*existing), now);
      }
      return Existing{std::move(*existing)};
    }
  }
  {
    Shard& home = shard(insert.link.code);
    const std::lock_guard shard_lock(home.mutex);
    if (!home.links.try_emplace(insert.link.code, insert.link).second) return CodeTaken{};
  }
  catalog_.add(insert.link);
  if (insert.answer) catalog_.keep(*insert.answer, now);
  return Inserted{};
}

Task<Result<InsertManyOutcome>> LinkStoreMemory::insert_many(InsertMany many) {
  co_return insert_many_now(many);
}

InsertManyOutcome LinkStoreMemory::insert_many_now(InsertMany& many) {
  const std::lock_guard catalog_lock(catalog_.mutex);
  if (many.answer) {
    catalog_.forget_old_answers(many.now);
    if (const auto* kept = catalog_.answer({many.answer->scope, many.answer->key}, many.now)) {
      if (kept->request_hash != many.answer->request_hash) return KeyReused{};
      return Replayed{*kept};
    }
  }
  auto taken = taken_codes(many);
  if (!taken.items.empty()) return taken;
  std::vector<InsertMany::Outcome> outcomes;
  for (const auto& item : many.items)
    outcomes.push_back(insert_item(item, many.now));
  if (many.answer) catalog_.keep(many.make_answer(outcomes), many.now);
  return outcomes;
}

// What a database undoes is here looked for beforehand: codes are given out under the catalog's lock, which is held.
CodesTaken LinkStoreMemory::taken_codes(const InsertMany& many) {
  CodesTaken taken;
  std::set<std::string_view> wanted;
  for (std::size_t i = 0; i < many.items.size(); ++i) {
    const std::string& code = many.items[i].link.code;
    const bool is_free = wanted.insert(code).second && !copy(code);
    if (!is_free && !many.items[i].code_is_wished) taken.items.push_back(i);
  }
  return taken;
}

InsertMany::Outcome LinkStoreMemory::insert_item(const InsertMany::Item& item, TimePoint now) {
  if (item.reuse_existing) {
    if (auto existing = live_link_of(item.link.long_url, now)) return Existing{std::move(*existing)};
  }
  {
    Shard& home = shard(item.link.code);
    const std::lock_guard shard_lock(home.mutex);
    if (!home.links.try_emplace(item.link.code, item.link).second) return CodeTaken{};
  }
  catalog_.add(item.link);
  return Inserted{};
}

Task<Result<std::optional<IdempotentAnswer>>> LinkStoreMemory::find_answer(std::string scope, std::string key,
                                                                           TimePoint now) {
  const std::lock_guard catalog_lock(catalog_.mutex);
  const auto* kept = catalog_.answer({std::move(scope), std::move(key)}, now);
  if (!kept) co_return std::nullopt;
  co_return *kept;
}

std::optional<Link> LinkStoreMemory::live_link_of(const std::string& long_url, TimePoint now) {
  const auto same_url = catalog_.by_url.find(long_url);
  if (same_url == catalog_.by_url.end()) return std::nullopt;
  std::set<Position>& ends = same_url->second;
  while (!ends.empty() && ends.rbegin()->first > now) {
    const auto last = std::prev(ends.end());
    auto link = copy(last->second);
    if (link && gone(*link, now) == Gone::no) return link;
    ends.erase(last);
  }
  return std::nullopt;
}

// ---- following ----

std::optional<Link> LinkStoreMemory::copy(const std::string& code) {
  Shard& home = shard(code);
  const std::lock_guard lock(home.mutex);
  const auto found = home.links.find(code);
  if (found == home.links.end()) return std::nullopt;
  return found->second;
}

Task<Result<std::optional<Link>>> LinkStoreMemory::find(std::string code) {
  co_return copy(code);
}

Task<Result<LinkStore::Click>> LinkStoreMemory::take_click(std::string code, TimePoint now) {
  Shard& home = shard(code);
  const std::lock_guard lock(home.mutex);
  const auto found = home.links.find(code);
  if (found == home.links.end()) co_return Click{};
  const bool admitted = admit_click(found->second, now);
  co_return Click{found->second, admitted};
}

// ---- editing and listing ----

template <class Change>
EditOutcome LinkStoreMemory::change(const std::string& code, std::optional<std::uint64_t> version, Change make_change) {
  const std::lock_guard catalog_lock(catalog_.mutex);
  Shard& home = shard(code);
  const std::lock_guard shard_lock(home.mutex);
  const auto found = home.links.find(code);
  if (found == home.links.end() || found->second.deleted) return NotFound{};
  Link& link = found->second;
  if (version && *version != link.version) return VersionMismatch{link.version};
  catalog_.remove(link);
  make_change(link);
  if (!link.deleted) catalog_.add(link);
  return link;
}

Task<Result<EditOutcome>> LinkStoreMemory::edit(std::string code, Edit edit, std::optional<std::uint64_t> version) {
  co_return change(code, version, [&](Link& link) { apply(edit, link); });
}

Task<Result<EditOutcome>> LinkStoreMemory::remove(std::string code, std::optional<std::uint64_t> version) {
  co_return change(code, version, [](Link& link) {
    link.deleted = true;
    ++link.version;
  });
}

Task<Result<std::vector<Link>>> LinkStoreMemory::list(ListQuery query) {
  std::vector<Link> links;
  const std::lock_guard lock(catalog_.mutex);
  const std::set<Position>* positions = &catalog_.by_time;
  if (query.tag) {
    const auto tagged = catalog_.by_tag.find(*query.tag);
    if (tagged == catalog_.by_tag.end()) co_return links;
    positions = &tagged->second;
  }
  auto position = query.before ? positions->lower_bound(*query.before) : positions->end();
  while (links.size() < query.limit && position != positions->begin()) {
    --position;
    if (auto link = copy(position->second)) links.push_back(std::move(*link));
  }
  co_return links;
}

}  // namespace url_shortener
