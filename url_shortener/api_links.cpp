// The API of links that are there: list, search, read, edit, delete, statistics, preview.

#include "common/http/conditional.h"
#include "common/http/json_body.h"
#include "common/pagination.h"
#include "url_shortener/api.h"
#include "url_shortener/preview.h"
#include "url_shortener/search_words.h"

namespace url_shortener {

namespace http = common::http;
namespace json = common::json;

namespace {

constexpr std::size_t search_words_max = 8;

// A compare-and-swap for each version that If-Match names, the highest first. Ends because versions only rise.
template <class Change>
common::Task<common::Result<EditOutcome>> with_named_version(const http::Precondition& allowed, Change change) {
  for (auto version = allowed.version;;) {
    auto outcome = co_await change(version);
    const auto* other = outcome.has_value() ? std::get_if<VersionMismatch>(&*outcome) : nullptr;
    if (!other || !allowed.names(other->current)) co_return outcome;
    version = other->current;
  }
}

}  // namespace

Api::Task Api::list(Request& request) {
  const auto limit = common::parse_page_limit(request.query_parameter("limit"));
  if (limit.has_error())
    co_return http::error(422, "LIMIT_INVALID", "the page's limit was refused", {{"limit", limit.error().message}});
  ListQuery query;
  query.limit = *limit + 1;  // one more tells whether there is another page
  query.tag = request.query_parameter("tag");
  if (const auto cursor = request.query_parameter("cursor")) {
    const auto position = common::decode_cursor("links", *cursor, "it");
    if (position.has_error()) {
      co_return http::error(422, "CURSOR_INVALID", "the cursor is not one that this list gave",
                            {{"cursor", "is invalid"}});
    }
    query.before.emplace(common::TimePoint{std::chrono::microseconds{std::get<std::int64_t>((*position)[0])}},
                         std::get<std::string>((*position)[1]));
  }
  if (const auto text = request.query_parameter("q")) {
    SearchQuery search;
    search.words = words_of(*text);
    search.limit = *limit;
    search.before = std::move(query.before);
    search.tag = std::move(query.tag);
    if (search.words.empty() || search.words.size() > search_words_max) {
      co_return http::error(
          422, "SEARCH_INVALID", "the search was refused",
          {{"q", "must hold 1 to " + std::to_string(search_words_max) + " words of letters or digits"}});
    }
    auto found = co_await links_.search(std::move(search));
    if (found.has_error()) co_return http::failed(found.error());
    co_return page(found->links, *limit, found->next);
  }
  auto links = co_await links_.list(std::move(query));
  if (links.has_error()) co_return http::failed(links.error());
  std::optional<Position> next;
  if (links->size() > *limit) {
    links->pop_back();
    next.emplace(links->back().created_at, links->back().code);
  }
  co_return page(*links, *limit, next);
}

Api::Response Api::page(const std::vector<Link>& links, std::size_t limit, const std::optional<Position>& next) const {
  json::value cursor;
  if (next) cursor = common::encode_cursor("links", {next->first.time_since_epoch().count(), next->second});
  json::array data;
  for (const auto& link : links)
    data.push_back(to_json(link, base_url_));
  json::object page;
  page["data"] = std::move(data);
  page["meta"] = json::object{{"limit", limit}, {"nextCursor", std::move(cursor)}};
  return http::json(200, json::serialize(page));
}

Api::Task Api::read(Request& request) {
  auto link = co_await links_.find(std::string(request.params[0]));
  if (link.has_error()) co_return http::failed(link.error());
  if (!*link) co_return co_await Reply::wait(brake_.not_found(request));
  if ((*link)->deleted) co_return gone_answer(Gone::deleted);
  if (!http::none_match(request, http::etag((*link)->version))) {
    co_return Response{304}.header("ETag", http::etag((*link)->version));
  }
  co_return http::json(200, json::serialize(to_json(**link, base_url_))).header("ETag", http::etag((*link)->version));
}

Api::Task Api::edit(Request& request) {
  auto precondition = http::if_match(request, true);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto wanted = parse_edit(*body, clock_.now(), own_places_);
  if (auto* refused = std::get_if<Response>(&wanted)) co_return std::move(*refused);
  const std::string code(request.params[0]);
  const auto& change = std::get<Edit>(wanted);
  auto outcome = co_await with_named_version(std::get<http::Precondition>(precondition),
                                             [&](auto version) { return links_.edit(code, change, version); });
  co_return co_await edited(request, std::move(outcome), 200);
}

Api::Task Api::remove(Request& request) {
  auto precondition = http::if_match(request, false);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  const std::string code(request.params[0]);
  auto outcome = co_await with_named_version(std::get<http::Precondition>(precondition),
                                             [&](auto version) { return links_.remove(code, version); });
  co_return co_await edited(request, std::move(outcome), 204);
}

Api::Task Api::edited(Request& request, common::Result<EditOutcome> outcome, int status) {
  const std::string code(request.params[0]);
  const Link* const changed = outcome.has_value() ? std::get_if<Link>(&*outcome) : nullptr;
  const bool may_have_changed = outcome.has_error() && !is_retryable(outcome.error().kind);
  if (changed || may_have_changed) {
    co_await finder_.changed(code, changed ? std::optional(changed->version) : std::nullopt);
  }
  if (outcome.has_error()) co_return http::failed(outcome.error());
  if (std::holds_alternative<NotFound>(*outcome)) co_return co_await absent(request);
  if (const auto* other = std::get_if<VersionMismatch>(&*outcome)) co_return http::precondition_failed(other->current);
  if (status == 204) co_return Response{204};
  const Link& link = std::get<Link>(*outcome);
  co_return http::json(200, json::serialize(to_json(link, base_url_))).header("ETag", http::etag(link.version));
}

// The store edits no deleted link; whether there ever was one makes 410 or 404.
Api::Task Api::absent(Request& request) {
  auto link = co_await links_.find(std::string(request.params[0]));
  if (link.has_error()) co_return http::failed(link.error());
  if (*link) co_return gone_answer(Gone::deleted);
  co_return co_await Reply::wait(brake_.not_found(request));
}

Api::Task Api::stats(Request& request) {
  const std::string code(request.params[0]);
  auto link = co_await links_.find(code);
  if (link.has_error()) co_return http::failed(link.error());
  if (!*link) co_return co_await Reply::wait(brake_.not_found(request));
  auto stats = co_await click_store_.stats(code);
  if (stats.has_error()) co_return http::failed(stats.error());
  co_return http::json(200, json::serialize(to_json(*stats))).header("Cache-Control", "no-store");
}

Api::Task Api::preview(Request& request) {
  auto link = co_await links_.find(std::string(request.params[0]));
  if (link.has_error()) co_return http::failed(link.error());
  if (!*link) co_return co_await Reply::wait(brake_.not_found(request));
  if (const Gone why = gone(**link, clock_.now()); why != Gone::no) co_return gone_answer(why);
  co_return preview_page(**link, base_url_);
}

}  // namespace url_shortener
