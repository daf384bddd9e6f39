#include "url_shortener/link_store.h"

#include <algorithm>

#include "common/log.h"
#include "url_shortener/search_words.h"

namespace url_shortener {

using common::Result;
using common::Task;

void apply(const Edit& edit, Link& link) {
  if (edit.long_url) link.long_url = *edit.long_url;
  if (edit.expires_at) link.expires_at = *edit.expires_at;
  if (edit.max_clicks) link.max_clicks = *edit.max_clicks;
  if (!link.max_clicks) link.clicks_used = 0;
  if (edit.tags) link.tags = *edit.tags;
  ++link.version;
}

InsertMany::Outcome of_many(Result<InsertOutcome> outcome) {
  if (outcome.has_error()) return Failed{outcome.error()};
  if (auto* existing = std::get_if<Existing>(&*outcome)) return std::move(*existing);
  if (std::holds_alternative<Inserted>(*outcome)) return Inserted{};
  return CodeTaken{};
}

Task<Result<InsertManyOutcome>> LinkStore::insert_many(InsertMany many) {
  if (many.answer) {
    co_return common::Error{common::Failure::invalid, "this store keeps no answer for many creations"};
  }
  std::vector<InsertMany::Outcome> outcomes;
  for (auto& item : many.items) {
    Insert insert;
    insert.link = std::move(item.link);
    insert.reuse_existing = item.reuse_existing;
    outcomes.push_back(of_many(co_await this->insert(std::move(insert))));
  }
  co_return InsertManyOutcome{std::move(outcomes)};
}

Task<Result<SearchPage>> LinkStore::search(SearchQuery query) {
  SearchPage page;
  ListQuery next;
  next.before = query.before;
  next.tag = query.tag;
  for (std::size_t examined = 0; examined < query.examine_max; examined += next.limit) {
    next.limit = std::min<std::size_t>(500, query.examine_max - examined);
    auto links = co_await list(next);
    if (links.has_error()) co_return links.error();
    for (Link& link : *links) {
      next.before.emplace(link.created_at, link.code);
      if (has_words(link, query.words)) page.links.push_back(std::move(link));
      if (page.links.size() == query.limit) {
        page.next = next.before;
        co_return page;
      }
    }
    if (links->size() < next.limit) co_return page;
  }
  page.next = next.before;
  co_return page;
}

Task<Result<bool>> LinkStore::index_more() {
  co_return true;
}

Task<void> index_all(LinkStore& links) {
  for (;;) {
    const auto done = co_await links.index_more();
    if (done && *done) co_return;
    if (done) continue;
    if (done.error().kind == common::Failure::closed) co_return;
    common::log::warn("links cannot be indexed for search", {{"reason", done.error().message}});
    co_await common::sleep_for(std::chrono::seconds{1});
  }
}

}  // namespace url_shortener
