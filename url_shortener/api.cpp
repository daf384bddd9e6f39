#include "url_shortener/api.h"

#include "common/http/conditional.h"
#include "common/http/json_body.h"
#include "rate_limiter/client_by_address.h"
#include "url_shortener/reserved.h"
#include "url_shortener/url_check.h"

namespace url_shortener {

namespace http = common::http;
namespace json = common::json;

namespace {

// The codes in an answer that was kept: a link's, or those of a batch.
std::vector<std::string> codes_in(const IdempotentAnswer& answer) {
  std::vector<std::string> codes;
  const auto body = common::parse_json(answer.body);
  if (body.has_error() || !body->is_object()) return codes;
  const auto add = [&codes](const json::object& link) {
    if (const auto* code = link.if_contains("shortCode")) codes.emplace_back(code->as_string());
  };
  const json::object& all = body->as_object();
  add(all);
  const auto* items = all.if_contains("data");
  if (!items) return codes;
  for (const auto& item : items->as_array()) {
    if (const auto* link = item.as_object().if_contains("link")) add(link->as_object());
  }
  return codes;
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

common::Task<http::Response> replay(IdempotentAnswer answer, LinkFinder& finder) {
  co_await finder.created_all(codes_in(answer));
  http::Response again(answer.status);
  again.raw_headers(answer.headers).raw_headers("Idempotent-Replayed: true\r\n");
  again.body = std::move(answer.body);
  co_return again;
}

std::string client_of(const http::Request& request) {
  if (!request.subject.empty()) return "user:" + request.subject;
  return rate_limiter::ClientAddresses().client(request.peer_address, {});
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
  // Nobody is asked for what cannot be a code.
  const auto of_code = [this](Task (Api::*answer)(Request&)) {
    return
        [this, answer](Request& r) -> Reply { return is_code(r.params[0]) ? (this->*answer)(r) : brake_.not_found(r); };
  };
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
             of_code(&Api::read));
  router.patch(
      "/v1/links/{code}",
      {.summary = "Edit a link; needs If-Match", .request_schema = "LinkEdit", .responses = {{200, "edited", "Link"}}},
      of_code(&Api::edit));
  router.delete_("/v1/links/{code}",
                 {.summary = "Delete a link; its code is never used again", .responses = {{204, "deleted", ""}}},
                 of_code(&Api::remove));
  router.get("/v1/links/{code}/stats",
             {.summary = "How often it was followed", .responses = {{200, "clicks", "ClickStats"}}},
             of_code(&Api::stats));
  router.get(
      "/{code}+",
      {.summary = "Where it leads, as a page; counts no click", .is_public = true, .responses = {{200, "a page", ""}}},
      of_code(&Api::preview));
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
    if (*kept && (*kept)->request_hash != key->request_hash) co_return http::key_reused();
    if (*kept) co_return co_await replay(std::move(**kept), finder_);
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
  for (unsigned drawn = 0, taken = 0; taken < codes_.taken_max() && drawn - taken < misfits_max; ++drawn) {
    if (!wanted.alias.empty()) {
      link.code = wanted.alias;
    } else {
      const CodeAttempt attempt(drawn, taken);
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
    if (outcome.has_error()) {
      if (!is_retryable(outcome.error().kind)) co_await finder_.created(link.code);
      co_return http::failed(outcome.error());
    }
    if (std::holds_alternative<Inserted>(*outcome)) {
      co_await finder_.created(link.code);
      co_return answer;
    }
    if (auto* existing = std::get_if<Existing>(&*outcome)) co_return created(existing->link, 200);
    if (auto* replayed = std::get_if<Replayed>(&*outcome))
      co_return co_await replay(std::move(replayed->answer), finder_);
    if (std::holds_alternative<KeyReused>(*outcome)) co_return http::key_reused();
    if (!wanted.alias.empty()) co_return alias_taken();
    ++taken;
  }
  co_return codes_exhausted();
}

}  // namespace url_shortener
