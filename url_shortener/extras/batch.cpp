#include "url_shortener/extras/batch.h"

#include "common/http/json_body.h"
#include "common/runtime/all.h"
#include "url_shortener/api.h"

namespace url_shortener {

namespace http = common::http;
namespace json = common::json;
using common::Task;

namespace {

// What stands in "error" of an error answer.
json::value error_in(const http::Response& refused) {
  return common::parse_json(refused.body).value().at("error");
}

// A bare array is read as {"links": […]}.
void wrap_array(std::string& body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && body[first] == '[') body = R"({"links":)" + body + "}";
}

// On shards: no item was decided, and this is why.
template <class Items>
std::optional<http::Response> failure_of_all(const Items& items) {
  const common::Error* why = nullptr;
  for (const auto& item : items) {
    const auto* failed = item.outcome ? std::get_if<Failed>(&*item.outcome) : nullptr;
    if (!failed) return std::nullopt;
    if (!why || failed->error.kind == common::Failure::unknown_outcome) why = &failed->error;
  }
  return http::failed(*why);
}

http::Response taken_answer(const NewLink& wanted) {
  if (!wanted.alias.empty()) return alias_taken();
  return codes_exhausted();
}

}  // namespace

// Of the links that were created, and where the outcome is not known of those that may have been.
std::vector<std::string> LinkBatch::codes_of(const Items& items) {
  std::vector<std::string> codes;
  for (const auto& item : items) {
    if (item.creation.link.code.empty()) continue;
    const bool known = item.outcome && !std::holds_alternative<Failed>(*item.outcome);
    if (item.refused || (known && !std::holds_alternative<Inserted>(*item.outcome))) continue;
    codes.push_back(item.creation.link.code);
  }
  return codes;
}

void LinkBatch::add_routes(http::Router& router) {
  router.post(
      "/v1/links:batch",
      {.summary =
           "Create up to 1,000 links, each with an outcome of its own, in one transaction (on shards one a shard)",
       .max_body = bytes_max,
       .request_schema = "LinkBatch",
       .responses = {{201, "all created", "LinkBatchOutcome"},
                     {200, "ifExists: all of them were there", "LinkBatchOutcome"},
                     {207, "some were refused: each item says", "LinkBatchOutcome"}}},
      [this](http::Request& r) -> http::Reply { return create(r); });
}

Task<http::Response> LinkBatch::create(http::Request& request) {
  auto key_or_refusal = http::idempotency_key(request);  // before the body is touched: the key's hash is of it
  wrap_array(request.body);
  const auto body = http::read_json(request);
  if (body.has_error()) co_return body.error();
  if (auto* refused = std::get_if<Response>(&key_or_refusal)) co_return std::move(*refused);
  const auto& key = std::get<std::optional<http::IdempotencyKey>>(key_or_refusal);
  const auto now = parts_.clock.now();
  std::optional<http::InFlightKeys::Ticket> ticket;
  if (key) {
    ticket = parts_.in_flight.enter(*key);
    if (!ticket) co_return http::in_flight();
    auto kept = co_await parts_.links.find_answer(key->scope, key->key, now);
    if (kept.has_error()) co_return http::failed(kept.error());
    if (*kept && (*kept)->request_hash != key->request_hash) co_return http::key_reused();
    if (*kept) co_return co_await replay(std::move(**kept), parts_.finder);
  }
  http::JsonFields fields(*body, {"links"});
  const auto* links = body->if_contains("links");
  const auto* array = links ? links->if_array() : nullptr;
  if (!array || array->empty() || array->size() > items_max) {
    fields.refuse("links", "must be an array of 1 to " + std::to_string(items_max) + " links");
  }
  if (fields.refused()) co_return fields.refusal();
  Items items = read_items(*array, request, now);
  co_return co_await insert(std::move(items), key, now);
}

LinkBatch::Items LinkBatch::read_items(const json::array& links, const http::Request& request, common::TimePoint now) {
  Items items;
  items.reserve(links.size());
  for (const auto& each : links) {
    Item& item = items.emplace_back();
    const auto* object = each.if_object();
    if (!object) {
      item.refused = http::error(422, "JSON_NOT_AN_OBJECT", "each of the links must be a JSON object");
      continue;
    }
    auto wanted = parse_new_link(*object, now, parts_.own_places);
    if (auto* refused = std::get_if<Response>(&wanted)) {
      item.refused = std::move(*refused);
      continue;
    }
    if (const auto wait = parts_.create_limit.refuse(client_of(request), request.started)) {
      item.refused = too_many_links(*wait);
      continue;
    }
    item.wanted = std::get<NewLink>(std::move(wanted));
    Link& link = item.creation.link;
    link.code = item.wanted.alias;
    link.long_url = item.wanted.long_url;
    link.created_at = now;
    link.expires_at = item.wanted.expires_at;
    link.max_clicks = item.wanted.max_clicks;
    link.tags = item.wanted.tags;
    item.creation.reuse_existing = item.wanted.reuse_existing;
    item.creation.code_is_wished = !item.wanted.alias.empty();
  }
  return items;
}

// A code for each of `places` that wishes none; the answer to the whole when there is none to be had.
Task<std::optional<http::Response>> LinkBatch::draw_codes(Items& items, const std::vector<std::size_t>& places,
                                                          const std::optional<http::IdempotencyKey>& key) {
  std::vector<Task<std::optional<Response>>> drawn;
  for (const std::size_t place : places) {
    if (!items[place].creation.code_is_wished) drawn.push_back(draw_code(items[place], key));
  }
  for (auto& none : co_await common::all(std::move(drawn)))
    if (none) co_return std::move(none);
  co_return std::nullopt;
}

Task<std::optional<http::Response>> LinkBatch::draw_code(Item& item, const std::optional<http::IdempotencyKey>& key) {
  Insert wanted;
  wanted.link = item.creation.link;
  wanted.reuse_existing = item.creation.reuse_existing;
  if (key) {
    wanted.answer.emplace();
    wanted.answer->scope = key->scope;
    wanted.answer->key = key->key;
  }
  while (item.taken < parts_.codes.taken_max() && item.drawn - item.taken < misfits_max) {
    const CodeAttempt attempt(item.drawn++, item.taken);
    auto code = co_await parts_.codes.next(wanted.link.long_url, attempt);
    if (code.has_error()) co_return http::failed(code.error());
    wanted.link.code = std::move(*code);
    if (!parts_.links.fits(wanted)) continue;
    item.creation.link.code = std::move(wanted.link.code);
    co_return std::nullopt;
  }
  co_return codes_exhausted();
}

Task<http::Response> LinkBatch::insert(Items items, const std::optional<http::IdempotencyKey>& key,
                                       common::TimePoint now) {
  std::vector<std::size_t> places;  // of the items to be made
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].refused) places.push_back(i);
  }
  auto to_draw = places;
  while (!places.empty()) {
    auto none = co_await draw_codes(items, to_draw, key);
    if (none) {
      co_await parts_.finder.created_all(codes_of(items));
      co_return std::move(*none);
    }
    InsertMany many;
    many.now = now;
    for (const std::size_t place : places)
      many.items.push_back(items[place].creation);
    if (key) {
      many.answer = IdempotentAnswer{};
      many.answer->scope = key->scope;
      many.answer->key = key->key;
      many.answer->request_hash = key->request_hash;
      many.make_answer = [&](const std::vector<InsertMany::Outcome>& outcomes) {
        Items done = items;  // what is made may be undone, and made once more
        for (std::size_t i = 0; i < places.size(); ++i)
          done[places[i]].outcome = outcomes[i];
        return kept_answer(*key, answer(done));
      };
    }
    auto outcome = co_await parts_.links.insert_many(std::move(many));
    if (outcome.has_error() && outcome.error().kind == common::Failure::invalid) {
      co_return http::error(422, "BATCH_INVALID", outcome.error().message);
    }
    if (outcome.has_error()) {
      co_await parts_.finder.created_all(codes_of(items));
      co_return http::failed(outcome.error());
    }
    if (auto* replayed = std::get_if<Replayed>(&*outcome))
      co_return co_await replay(std::move(replayed->answer), parts_.finder);
    if (std::holds_alternative<KeyReused>(*outcome)) co_return http::key_reused();
    to_draw.clear();
    if (const auto* taken = std::get_if<CodesTaken>(&*outcome)) {
      for (const std::size_t i : taken->items) {
        to_draw.push_back(places[i]);
        ++items[places[i]].taken;
      }
      continue;
    }
    auto& outcomes = std::get<std::vector<InsertMany::Outcome>>(*outcome);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const bool again = std::holds_alternative<CodeTaken>(outcomes[i]) && !items[places[i]].creation.code_is_wished;
      if (again) {
        to_draw.push_back(places[i]);
        ++items[places[i]].taken;
      } else {
        items[places[i]].outcome = std::move(outcomes[i]);
      }
    }
    places = to_draw;
  }
  co_await parts_.finder.created_all(codes_of(items));
  if (auto failed = failure_of_all(items)) co_return std::move(*failed);
  co_return answer(items);
}

http::Response LinkBatch::answer(const Items& items) const {
  json::array data;
  std::size_t created = 0, reused = 0, refused = 0;
  const auto refuse = [&](json::object& entry, const Response& why) {
    ++refused;
    entry["status"] = why.status;
    entry["error"] = error_in(why);
  };
  for (const Item& item : items) {
    json::object entry;
    entry["index"] = data.size();
    if (!item.outcome) {
      refuse(entry, *item.refused);
    } else if (const auto* existing = std::get_if<Existing>(&*item.outcome)) {
      ++reused;
      entry["status"] = 200;
      entry["link"] = to_json(existing->link, parts_.base_url);
    } else if (std::holds_alternative<Inserted>(*item.outcome)) {
      ++created;
      entry["status"] = 201;
      entry["link"] = to_json(item.creation.link, parts_.base_url);
    } else if (const auto* failed = std::get_if<Failed>(&*item.outcome)) {
      refuse(entry, http::failed(failed->error));
    } else {
      refuse(entry, taken_answer(item.wanted));
    }
    data.push_back(std::move(entry));
  }
  json::object body;
  body["data"] = std::move(data);
  body["meta"] = json::object{{"created", created}, {"reused", reused}, {"refused", refused}};
  const int made = created > 0 ? 201 : 200;
  return http::json(refused > 0 ? 207 : made, json::serialize(body));
}

}  // namespace url_shortener
