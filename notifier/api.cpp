#include "notifier/api.h"

#include <algorithm>

#include "common/http/json_body.h"
#include "common/pagination.h"
#include "common/random.h"
#include "common/text.h"
#include "notifier/notification_json.h"

namespace notifier {

namespace http = common::http;
namespace json = common::json;
using common::TimePoint;

namespace {

http::Response not_found(std::string_view what) {
  return http::error(404, "NOT_FOUND", "there is no such " + std::string(what));
}

http::Response replay(IdempotentAnswer answer) {
  http::Response again(answer.status);
  again.raw_headers(answer.headers).raw_headers("Idempotent-Replayed: true\r\n");
  again.body = std::move(answer.body);
  return again;
}

// 0, which nothing has, for a number that no id can be.
std::int64_t id_of(const http::Request& request) {
  return request.numbers[0] > INT64_MAX ? 0 : static_cast<std::int64_t>(request.numbers[0]);
}

}  // namespace

void Api::add_routes(http::Router& router) {
  router.post("/v1/notifications",
              {.summary = "Tell one user something",
               .request_schema = "NewNotification",
               .responses = {{202, "accepted: durable, not yet sent", "Accepted"}}},
              [this](Request& r) -> Reply { return accept(r, parse_notification); });
  router.get("/v1/notifications/{id:uint}",
             {.summary = "The state of each channel, and how it came to it",
              .responses = {{200, "the notification", "Notification"}}},
             [this](Request& r) -> Reply { return read(r); });
  router.delete_("/v1/notifications/{id:uint}",
                 {.summary = "Cancel what has not started", .responses = {{204, "cancelled", ""}}},
                 [this](Request& r) -> Reply { return cancel(r, Kind::single); });
  router.post("/v1/broadcasts",
              {.summary = "Tell an audience something",
               .request_schema = "NewBroadcast",
               .responses = {{202, "accepted: durable, not yet planned", "Accepted"}}},
              [this](Request& r) -> Reply { return accept(r, parse_broadcast); });
  router.get("/v1/broadcasts/{id:uint}", {.summary = "How far it is", .responses = {{200, "counts", "Broadcast"}}},
             [this](Request& r) -> Reply { return read_broadcast(r); });
  router.delete_("/v1/broadcasts/{id:uint}",
                 {.summary = "Cancel what has not started", .responses = {{204, "cancelled", ""}}},
                 [this](Request& r) -> Reply { return cancel(r, Kind::broadcast); });
  router.get("/v1/dead-letters",
             {.summary = "What could not be delivered, newest first",
              .query = {"limit", "cursor"},
              .responses = {{200, "a page", "DeadLetters"}}},
             [this](Request& r) -> Reply { return list_dead_letters(r); });
  router.post("/v1/dead-letters/{id:uint}:retry",
              {.summary = "Try a dead letter again", .responses = {{202, "will be tried", "Accepted"}}},
              [this](Request& r) -> Reply { return redrive(r); });
}

// The answer is kept in the transaction of the notification: a request that comes twice is one.
Api::Task Api::accept(Request& request, Parse parse) {
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto key_or_refusal = http::idempotency_key(request);
  if (auto* refused = std::get_if<Response>(&key_or_refusal)) co_return std::move(*refused);
  const auto& key = std::get<std::optional<http::IdempotencyKey>>(key_or_refusal);
  const TimePoint now = d_.clock.now();
  std::optional<http::InFlightKeys::Ticket> ticket;
  if (key) {
    ticket = in_flight_.enter(*key);
    if (!ticket) co_return http::in_flight();
    auto kept = co_await d_.notifications.find_answer(key->scope, key->key, now);
    if (kept.has_error()) co_return http::failed(kept.error());
    if (*kept) co_return (*kept)->request_hash == key->request_hash ? replay(std::move(**kept)) : http::key_reused();
  }
  auto parsed = parse(*body, d_.categories, now);
  if (auto* refused = std::get_if<Response>(&parsed)) co_return std::move(*refused);
  Notification notification = std::move(std::get<Notification>(parsed));
  notification.id = make_notification_id(now, common::thread_random().next());
  if (request.trace) notification.traceparent = common::format_traceparent(*request.trace);
  const std::string id = std::to_string(notification.id);
  const std::string_view collection = notification.kind == Kind::broadcast ? "/v1/broadcasts/" : "/v1/notifications/";
  json::object accepted;
  accepted["id"] = id;
  accepted["status"] = "accepted";
  Response answer = http::json(202, json::serialize(accepted));
  answer.header("Location", std::string(collection) + id);
  std::optional<IdempotentAnswer> kept;
  if (key) {
    kept = IdempotentAnswer{key->scope, key->key, key->request_hash, 202, std::string(answer.headers()), answer.body};
  }
  auto outcome = co_await d_.notifications.accept(std::move(notification), std::move(kept));
  if (outcome.has_error()) co_return http::failed(outcome.error());
  if (auto* replayed = std::get_if<Replayed>(&*outcome)) co_return replay(std::move(replayed->answer));
  if (std::holds_alternative<KeyReused>(*outcome)) co_return http::key_reused();
  co_return answer;
}

Api::Task Api::read(Request& request) {
  const auto found = co_await d_.notifications.find(id_of(request));
  if (found.has_error()) co_return http::failed(found.error());
  if (!*found || (*found)->kind == Kind::broadcast) co_return not_found("notification");
  const auto rows = co_await d_.ledger.rows((*found)->id);
  if (rows.has_error()) co_return http::failed(rows.error());
  co_return http::json(200, json::serialize(to_json(**found, *rows))).header("Cache-Control", "no-store");
}

Api::Task Api::cancel(Request& request, Kind kind) {
  const auto found = co_await d_.notifications.find(id_of(request));
  if (found.has_error()) co_return http::failed(found.error());
  const bool right_kind = *found && ((*found)->kind == Kind::broadcast) == (kind == Kind::broadcast);
  if (!right_kind) co_return not_found(kind == Kind::broadcast ? "broadcast" : "notification");
  const auto cancelled = co_await d_.notifications.cancel((*found)->id, d_.clock.now());
  if (cancelled.has_error()) co_return http::failed(cancelled.error());
  co_return Response{204};
}

Api::Task Api::read_broadcast(Request& request) {
  const auto found = co_await d_.notifications.find(id_of(request));
  if (found.has_error()) co_return http::failed(found.error());
  if (!*found || (*found)->kind != Kind::broadcast) co_return not_found("broadcast");
  const auto plan = co_await d_.notifications.plan((*found)->id);
  if (plan.has_error()) co_return http::failed(plan.error());
  const auto tally = co_await d_.ledger.tally((*found)->id);
  if (tally.has_error()) co_return http::failed(tally.error());
  const Plan shown = plan->value_or(Plan{});
  const auto object = to_json(**found, shown, *tally, expected_end(**found, shown, *tally));
  co_return http::json(200, json::serialize(object)).header("Cache-Control", "no-store");
}

// By the slowest quota; what is left is what the audience's size says, whatever is planned yet.
TimePoint Api::expected_end(const Notification& broadcast, const Plan& plan, const Tally& tally) const {
  const TimePoint now = d_.clock.now();
  if (status_of(broadcast, plan, tally) == "done" || plan.audience == 0) return {};
  std::int64_t settled = 0;
  for (std::size_t state = 0; state < state_count; ++state) {
    if (is_final(static_cast<State>(state))) settled += tally.rows[state];
  }
  const auto channels = std::max(1, broadcast.channels.count());
  const std::int64_t left = std::max<std::int64_t>(0, plan.audience - settled / channels);
  common::Duration longest{0};
  for (const auto& [channel, quota] : d_.quotas) {
    if (broadcast.channels.has(channel)) longest = std::max(longest, time_for(quota, left));
  }
  if (longest.count() == 0) return {};
  return now + std::chrono::duration_cast<std::chrono::microseconds>(longest);
}

Api::Task Api::list_dead_letters(Request& request) {
  const auto limit = common::parse_page_limit(request.query_parameter("limit"));
  if (limit.has_error()) {
    co_return http::error(422, "LIMIT_INVALID", "the page's limit was refused", {{"limit", limit.error().message}});
  }
  std::optional<std::int64_t> before;
  if (const auto cursor = request.query_parameter("cursor")) {
    const auto position = common::decode_cursor("dead-letters", *cursor, "i");
    if (position.has_error()) {
      co_return http::error(422, "CURSOR_INVALID", "the cursor is not one that this list gave",
                            {{"cursor", "is invalid"}});
    }
    before = std::get<std::int64_t>((*position)[0]);
  }
  auto letters = co_await d_.ledger.dead_letters(*limit + 1, before);
  if (letters.has_error()) co_return http::failed(letters.error());
  json::value next;
  if (letters->size() > *limit) {
    letters->pop_back();
    next = common::encode_cursor("dead-letters", {letters->back().id});
  }
  json::array data;
  for (const auto& letter : *letters)
    data.push_back(to_json(letter));
  json::object page;
  page["data"] = std::move(data);
  page["meta"] = json::object{{"limit", *limit}, {"nextCursor", std::move(next)}};
  co_return http::json(200, json::serialize(page)).header("Cache-Control", "no-store");
}

Api::Task Api::redrive(Request& request) {
  const auto redriven = co_await d_.ledger.redrive(id_of(request), d_.clock.now());
  if (redriven.has_error()) co_return http::failed(redriven.error());
  if (!*redriven) co_return not_found("dead letter");
  json::object answer;
  answer["id"] = std::string(request.params[0]);
  answer["status"] = "accepted";
  co_return http::json(202, json::serialize(answer));
}

}  // namespace notifier
