#include "url_shortener/api.h"

#include "common/http/conditional.h"
#include "common/http/json_body.h"
#include "common/pagination.h"
#include "common/text.h"
#include "url_shortener/preview.h"
#include "url_shortener/reserved.h"
#include "url_shortener/search_words.h"
#include "url_shortener/url_check.h"

namespace url_shortener {

namespace http = common::http;
namespace json = common::json;

namespace {

// A generated code meets an alias, or at random another code: ask again. More often than this and the space is full.
constexpr unsigned taken_max = 64;
// And of n shards only one may do: of a thousand codes none lies there once in e^(1000/n) times.
constexpr unsigned attempts_max = 1'000;
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

IdempotentAnswer kept_answer(const http::IdempotencyKey& key, const http::Response& answer) {
  return {.scope = key.scope,
          .key = key.key,
          .request_hash = key.request_hash,
          .status = answer.status,
          .headers = std::string(answer.headers()),
          .body = answer.body};
}

http::Response replay(IdempotentAnswer answer) {
  http::Response again(answer.status);
  again.raw_headers(answer.headers).raw_headers("Idempotent-Replayed: true\r\n");
  again.body = std::move(answer.body);
  return again;
}

std::string_view client_of(const http::Request& request) {
  return request.subject.empty() ? request.peer_address : std::string_view(request.subject);
}

http::Response too_many_links(common::Duration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  return http::error(429, "TOO_MANY_LINKS", "too many links were created; later there may be more")
      .header("Retry-After", std::to_string(seconds.count()));
}

http::Response alias_taken() {
  return http::error(409, "ALIAS_TAKEN", "another link has this alias", {{"alias", "is taken"}});
}

http::Response codes_exhausted() {
  return http::error(503, "CODES_EXHAUSTED", "no free code was found; raise --code-length").header("Retry-After", "60");
}

Api::Api(Dependencies d, Options options)
    : links_(d.links),
      click_store_(d.click_store),
      codes_(d.codes),
      finder_(d.finder),
      redirect_(d.redirect),
      brake_(d.brake),
      clock_(d.clock),
      base_url_(std::move(options.base_url)),
      create_limit_(options.create_limit) {
  for (const auto& authority : options.own_authorities)
    own_places_.push_back(normalise_authority(authority));
  const std::string_view place = std::string_view(base_url_).substr(base_url_.find("://") + 3);
  const auto path = std::min(place.find('/'), place.size());
  own_places_.push_back(normalise_authority(place.substr(0, path)) + std::string(place.substr(path)));
}

void Api::add_routes(http::Router& router) {
  router.post("/shorten",
              {.summary = "Create a short link",
               .request_schema = "NewLink",
               .responses = {{201, "created", "Link"}, {200, "ifExists: the link that this URL has", "Link"}}},
              [this](Request& r) -> Reply { return shorten(r); });
  router.get("/v1/links",
             {.summary = "List links, newest first; q: those that have all its words, in URL, tags or code. A page may "
                         "hold fewer than the limit: nextCursor tells whether there are more",
              .query = {"limit", "cursor", "tag", "q"},
              .responses = {{200, "a page", "LinkList"}}},
             [this](Request& r) -> Reply { return list(r); });
  router.get("/v1/links/{code}", {.summary = "Read a link", .responses = {{200, "the link", "Link"}}},
             [this](Request& r) -> Reply { return read(r); });
  router.patch(
      "/v1/links/{code}",
      {.summary = "Edit a link; needs If-Match", .request_schema = "LinkEdit", .responses = {{200, "edited", "Link"}}},
      [this](Request& r) -> Reply { return edit(r); });
  router.delete_("/v1/links/{code}",
                 {.summary = "Delete a link; its code is never used again", .responses = {{204, "deleted", ""}}},
                 [this](Request& r) -> Reply { return remove(r); });
  router.get("/v1/links/{code}/stats",
             {.summary = "How often it was followed", .responses = {{200, "clicks", "ClickStats"}}},
             [this](Request& r) -> Reply { return stats(r); });
  router.get(
      "/{code}+",
      {.summary = "Where it leads, as a page; counts no click", .is_public = true, .responses = {{200, "a page", ""}}},
      [this](Request& r) -> Reply { return preview(r); });
  router.get(
      "/{code}",
      {.summary = "Follow a short link",
       .is_public = true,
       .critical = true,
       .responses = {{redirect_.status(), "to the long URL", ""}, {410, "expired, deleted or used up", "Error"}}},
      [this](Request& r) -> Reply { return redirect_.follow(r); });
  extras_.add_routes(router);
  router.alias("/api/v1/", "/v1/");
}

// A key is looked up before the request is judged by the clock: an answer is replayed even when the expiresAt that it
// was given for has passed.
Api::Task Api::shorten(Request& request) {
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto key_or_refusal = http::idempotency_key(request);
  if (auto* refused = std::get_if<Response>(&key_or_refusal)) co_return std::move(*refused);
  const auto& key = std::get<std::optional<http::IdempotencyKey>>(key_or_refusal);
  const auto now = clock_.now();  // one instant: expiresAt - createdAt is exactly ttlSeconds
  std::optional<http::InFlightKeys::Ticket> ticket;
  if (key) {
    ticket = in_flight_.enter(*key);
    if (!ticket) co_return http::in_flight();
    auto kept = co_await links_.find_answer(key->scope, key->key, now);
    if (kept.has_error()) co_return http::failed(kept.error());
    if (*kept) co_return (*kept)->request_hash == key->request_hash ? replay(std::move(**kept)) : http::key_reused();
  }
  auto wanted = parse_new_link(*body, now, own_places_);
  if (auto* refused = std::get_if<Response>(&wanted)) co_return std::move(*refused);
  if (const auto wait = create_limit_.refuse(client_of(request), request.started)) co_return too_many_links(*wait);
  NewLink link = std::move(std::get<NewLink>(wanted));
  co_return co_await create(std::move(link), key, now);
}

Api::Response Api::created(const Link& link, int status) const {
  Response response = http::json(status, json::serialize(to_json(link, base_url_)));
  response.header("Location", base_url_ + "/" + link.code).header("ETag", http::etag(link.version));
  return response;
}

// Insert-first: a code is proposed and inserted; when it was taken, the next one is. Nobody asks first.
Api::Task Api::create(NewLink wanted, const std::optional<http::IdempotencyKey>& key, common::TimePoint now) {
  Link link{.code = {},
            .long_url = std::move(wanted.long_url),
            .created_at = now,
            .expires_at = wanted.expires_at,
            .max_clicks = wanted.max_clicks,
            .tags = std::move(wanted.tags)};
  for (unsigned attempt = 0, taken = 0; attempt < attempts_max && taken < taken_max; ++attempt) {
    if (!wanted.alias.empty()) {
      link.code = wanted.alias;
    } else {
      auto code = co_await codes_.next(link.long_url, attempt);
      if (code.has_error()) co_return http::failed(code.error());
      link.code = std::move(*code);
    }
    Response answer = created(link, 201);
    Insert insert{.link = link, .reuse_existing = wanted.reuse_existing};
    if (key) {
      insert.answer = kept_answer(*key, answer);
      insert.answer_existing = [this, &key](const Link& existing) { return kept_answer(*key, created(existing, 200)); };
    }
    if (wanted.alias.empty() && !links_.fits(insert)) continue;
    auto outcome = co_await links_.insert(std::move(insert));
    if (outcome.has_error()) co_return http::failed(outcome.error());
    if (std::holds_alternative<Inserted>(*outcome)) {
      co_await finder_.changed(link.code, link.version);
      co_return answer;
    }
    if (auto* existing = std::get_if<Existing>(&*outcome)) co_return created(existing->link, 200);
    if (auto* replayed = std::get_if<Replayed>(&*outcome)) co_return replay(std::move(replayed->answer));
    if (std::holds_alternative<KeyReused>(*outcome)) co_return http::key_reused();
    if (!wanted.alias.empty()) co_return alias_taken();
    ++taken;
  }
  co_return codes_exhausted();
}

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
  co_return co_await edited(code, std::move(outcome), 200);
}

Api::Task Api::remove(Request& request) {
  auto precondition = http::if_match(request, false);
  if (auto* refused = std::get_if<Response>(&precondition)) co_return std::move(*refused);
  const std::string code(request.params[0]);
  auto outcome = co_await with_named_version(std::get<http::Precondition>(precondition),
                                             [&](auto version) { return links_.remove(code, version); });
  co_return co_await edited(code, std::move(outcome), 204);
}

Api::Task Api::edited(std::string code, common::Result<EditOutcome> outcome, int status) {
  const Link* const changed = outcome.has_value() ? std::get_if<Link>(&*outcome) : nullptr;
  const bool may_have_changed = outcome.has_error() && !is_retryable(outcome.error().kind);
  if (changed || may_have_changed) {
    co_await finder_.changed(code, changed ? std::optional(changed->version) : std::nullopt);
  }
  if (outcome.has_error()) co_return http::failed(outcome.error());
  if (std::holds_alternative<NotFound>(*outcome)) co_return co_await absent(std::move(code));
  if (const auto* other = std::get_if<VersionMismatch>(&*outcome)) co_return http::precondition_failed(other->current);
  if (status == 204) co_return Response{204};
  const Link& link = std::get<Link>(*outcome);
  co_return http::json(200, json::serialize(to_json(link, base_url_))).header("ETag", http::etag(link.version));
}

// The store edits no deleted link; whether there ever was one makes 410 or 404.
Api::Task Api::absent(std::string code) {
  auto link = co_await links_.find(std::move(code));
  if (link.has_error()) co_return http::failed(link.error());
  co_return *link ? gone_answer(Gone::deleted) : not_found();
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
