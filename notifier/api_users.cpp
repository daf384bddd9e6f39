#include "notifier/api_users.h"

#include <charconv>

#include "common/http/json_body.h"
#include "common/http/pages.h"
#include "common/pagination.h"
#include "common/text.h"
#include "notifier/unsubscribe_token.h"
#include "notifier/user_import.h"
#include "notifier/user_json.h"

namespace notifier {

namespace http = common::http;
namespace json = common::json;
using common::Result;

namespace {

constexpr std::size_t import_group = 2000;  // users a transaction
constexpr std::chrono::milliseconds inbox_look_every{200};

http::Response bad_id() {
  return http::error(422, "USER_ID_INVALID", "no user can have that id",
                     {{"id", "must be 1 to 128 visible ASCII characters, none of / \" \\ < >"}});
}

http::Response no_user() {
  return http::error(404, "NOT_FOUND", "there is no such user");
}

json::object to_json(const InboxItem& item) {
  json::object object;
  object["id"] = std::to_string(item.id);
  object["notification"] = std::to_string(item.notification);
  object["category"] = item.category;
  object["title"] = item.title;
  object["body"] = item.body;
  object["at"] = common::format_rfc3339(item.at);
  return object;
}

http::Response page(int status, std::string_view title, std::string_view content) {
  http::Response answer(status);
  answer.header("Content-Type", "text/html; charset=utf-8").header("Cache-Control", "no-store");
  answer.body =
      "<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>" +
      std::string(title) + "</title><h1>" + std::string(title) + "</h1>" + std::string(content);
  return answer;
}

}  // namespace

void ApiUsers::add_routes(http::Router& router) {
  router.put("/v1/users/{id}",
             {.summary = "Create or replace a user", .request_schema = "User", .responses = {{200, "stored", "User"}}},
             [this](Request& r) -> Reply { return put(r); });
  router.get("/v1/users/{id}", {.summary = "Read a user", .responses = {{200, "the user", "User"}}},
             [this](Request& r) -> Reply { return read(r); });
  router.post("/v1/users:import",
              {.summary = "Create or replace users, one JSON object a line; of any size",
               .streams_body = true,
               .responses = {{200, "how many were stored, and which lines were not", "Imported"}}},
              [this](Request& r) -> Reply { return import(r); });
  router.get("/v1/users/{id}/preferences",
             {.summary = "What a user does not want", .responses = {{200, "what is absent is on", "Preferences"}}},
             [this](Request& r) -> Reply { return read_preferences(r); });
  router.put("/v1/users/{id}/preferences",
             {.summary = "Replace a user's preferences",
              .request_schema = "Preferences",
              .responses = {{200, "stored", "Preferences"}}},
             [this](Request& r) -> Reply { return put_preferences(r); });
  router.get("/unsubscribe",
             {.summary = "A page that asks; changes nothing",
              .is_public = true,
              .query = {"token"},
              .responses = {{200, "a page", ""}}},
             [this](Request& r) -> Reply { return show_unsubscribe(r); });
  router.post("/unsubscribe",
              {.summary = "Unsubscribe by one click (RFC 8058)",
               .is_public = true,
               .critical = true,
               .query = {"token"},
               .responses = {{200, "done", ""}}},
              [this](Request& r) -> Reply { return unsubscribe(r); });
  router.get("/v1/users/{id}/inbox",
             {.summary = "A user's inbox, newest first",
              .query = {"limit", "cursor"},
              .responses = {{200, "a page", "Inbox"}}},
             [this](Request& r) -> Reply { return list_inbox(r); });
  router.get("/v1/users/{id}/inbox/events",
             {.summary = "What comes into the inbox, as it comes", .responses = {{200, "server-sent events", ""}}},
             [this](Request& r) -> Reply { return inbox_events(r); });
}

ApiUsers::Task ApiUsers::put(Request& request) {
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto parsed = parse_user(*body, request.params[0]);
  if (auto* problems = std::get_if<std::vector<http::Problem>>(&parsed)) {
    co_return http::error(422, "VALIDATION_FAILED", "the user was refused", *problems);
  }
  const User& user = std::get<User>(parsed);
  std::vector<User> users{user};
  const auto stored = co_await d_.users.put(std::move(users));
  if (stored.has_error()) co_return http::failed(stored.error());
  co_return http::json(200, json::serialize(notifier::to_json(user)));
}

ApiUsers::Task ApiUsers::read(Request& request) {
  std::vector<std::string> ids{std::string(request.params[0])};
  const auto found = co_await d_.users.find(std::move(ids));
  if (found.has_error()) co_return http::failed(found.error());
  if (!found->front()) co_return no_user();
  co_return http::json(200, json::serialize(notifier::to_json(found->front()->user)))
      .header("Cache-Control", "no-store");
}

ApiUsers::Task ApiUsers::import(Request& request) {
  const auto type = request.header(http::Header::content_type);
  if (!common::iequals(type.substr(0, type.find(';')), "application/x-ndjson")) {
    co_return http::error(415, "CONTENT_TYPE_UNSUPPORTED", "an import is application/x-ndjson, one object a line");
  }
  UserImport lines;
  for (bool more = true; more;) {
    std::string part = std::move(request.body);
    more = request.body_reader != nullptr;
    if (more) {
      auto read = co_await request.body_reader->read();
      if (read.has_error()) co_return http::error(400, "BODY_INCOMPLETE", read.error().message);
      part = std::move(*read);
      more = !part.empty();
    }
    lines.add(part);
    if (!more) lines.end();
    if (lines.waiting() < import_group && more) continue;
    auto users = lines.take();
    const std::size_t count = users.size();
    const auto stored = co_await d_.users.put(std::move(users));
    if (stored.has_error()) co_return http::failed(stored.error());
    lines.stored(count);
  }
  co_return http::json(200, lines.answer());
}

ApiUsers::Task ApiUsers::read_preferences(Request& request) {
  std::vector<std::string> ids{std::string(request.params[0])};
  const auto found = co_await d_.users.find(std::move(ids));
  if (found.has_error()) co_return http::failed(found.error());
  if (!found->front()) co_return no_user();
  co_return http::json(200, to_text(found->front()->preferences)).header("Cache-Control", "no-store");
}

ApiUsers::Task ApiUsers::put_preferences(Request& request) {
  if (!is_user_id(request.params[0])) co_return bad_id();
  auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  auto parsed = parse_preferences(*body);
  if (auto* refused = std::get_if<Response>(&parsed)) co_return std::move(*refused);
  const Preferences& preferences = std::get<Preferences>(parsed);
  const auto stored = co_await d_.users.set_preferences(std::string(request.params[0]), preferences);
  if (stored.has_error()) co_return http::failed(stored.error());
  co_return http::json(200, to_text(preferences));
}

http::Response ApiUsers::show_unsubscribe(Request& request) {
  const auto from = read_unsubscribe_token(d_.unsubscribe_secret, request.query_parameter("token").value_or(""));
  if (!from) return page(404, "This link is not valid", "<p>It may have been cut short on its way.</p>");
  return page(200, "Unsubscribe",
              "<p>No more " + http::escape_html(from->category) + " by " + std::string(to_string(from->channel)) +
                  " for " + http::escape_html(from->user) +
                  "?</p><form method=\"post\"><button>Unsubscribe</button></form>");
}

ApiUsers::Task ApiUsers::unsubscribe(Request& request) {
  const auto from = read_unsubscribe_token(d_.unsubscribe_secret, request.query_parameter("token").value_or(""));
  if (!from) co_return page(404, "This link is not valid", "<p>It may have been cut short on its way.</p>");
  const auto done = co_await d_.users.unsubscribe(from->user, from->category, from->channel);
  if (done.has_error()) co_return http::failed(done.error());
  co_return page(200, "Unsubscribed", "<p>You will get no more of this.</p>");
}

ApiUsers::Task ApiUsers::list_inbox(Request& request) {
  const auto limit = common::parse_page_limit(request.query_parameter("limit"));
  if (limit.has_error()) {
    co_return http::error(422, "LIMIT_INVALID", "the page's limit was refused", {{"limit", limit.error().message}});
  }
  std::int64_t before = 0;
  if (const auto cursor = request.query_parameter("cursor")) {
    const auto position = common::decode_cursor("inbox", *cursor, "i");
    if (position.has_error()) {
      co_return http::error(422, "CURSOR_INVALID", "the cursor is not one that this list gave",
                            {{"cursor", "is invalid"}});
    }
    before = std::get<std::int64_t>((*position)[0]);
  }
  auto items = co_await d_.inbox.list(std::string(request.params[0]), *limit + 1, before);
  if (items.has_error()) co_return http::failed(items.error());
  json::value next;
  if (items->size() > *limit) {
    items->pop_back();
    next = common::encode_cursor("inbox", {items->back().id});
  }
  json::array data;
  for (const auto& item : *items)
    data.push_back(to_json(item));
  json::object answer;
  answer["data"] = std::move(data);
  answer["meta"] = json::object{{"limit", *limit}, {"nextCursor", std::move(next)}};
  co_return http::json(200, json::serialize(answer)).header("Cache-Control", "no-store");
}

http::Response ApiUsers::inbox_events(Request& request) {
  const auto last = request.header(http::Header::last_event_id);
  std::int64_t after = -1;  // whatever is there already is not an event
  std::from_chars(last.data(), last.data() + last.size(), after);
  return http::event_stream([this, user = std::string(request.params[0]), after](http::EventSink& events) {
    return send_inbox(events, user, after);
  });
}

common::Task<> ApiUsers::send_inbox(http::EventSink& events, std::string user, std::int64_t after) {
  constexpr std::size_t at_once = 100;
  if (after < 0) {
    const auto newest = co_await d_.inbox.list(user, 1, 0);
    if (newest.has_error()) co_return;
    after = newest->empty() ? 0 : newest->front().id;
  }
  while (!events.ending()) {
    const auto items = co_await d_.inbox.since(user, at_once, after);
    if (items.has_error()) co_return;  // the browser comes again, with the last id it saw
    for (const auto& item : *items) {
      const http::Event event{.data = json::serialize(to_json(item)), .id = std::to_string(item.id), .type = "item"};
      const auto sent = co_await events.send(event);
      if (sent.has_error()) co_return;
      after = item.id;
    }
    if (items->empty()) co_await common::sleep_for(inbox_look_every);
  }
}

}  // namespace notifier
