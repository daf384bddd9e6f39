#include "notifier/notification_json.h"

#include <algorithm>

#include "common/text.h"
#include "notifier/user_json.h"

namespace notifier {

namespace http = common::http;
namespace json = common::json;
using common::TimePoint;

namespace {

constexpr std::size_t title_max = 500;       // bytes
constexpr std::size_t body_max = 16 * 1024;  // a webhook's payload stays below 20 kB
constexpr std::size_t users_max = 10'000;
constexpr std::chrono::hours ahead_max{24 * 366};

bool is_category(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

// What both kinds have.
Notification common_parts(http::JsonFields& fields, const Categories& categories, TimePoint now) {
  Notification n;
  n.created_at = n.due_at = now;
  n.category = fields.required_string("category");
  n.title = fields.required_string("title");
  n.body = fields.required_string("body");
  if (!is_category(n.category)) fields.refuse("category", "must be 1 to 64 letters, digits, '_', '-' or '.'");
  if (n.title.empty() || n.title.size() > title_max) fields.refuse("title", "must be 1 to 500 bytes");
  if (n.title.find_first_of("\r\n") != std::string::npos) fields.refuse("title", "must be one line");
  if ((n.title + n.body).find('\0') != std::string::npos) fields.refuse("body", "must not hold the character NUL");
  if (n.body.size() > body_max) fields.refuse("body", "must be at most 16384 bytes");
  const Category& category = category_of(categories, n.category);
  n.channels = category.channels;
  n.priority = category.priority;
  if (category.expiry) n.expires_at = now + *category.expiry;
  if (const auto names = fields.strings("channels", all_channels.size(), 16)) {
    n.channels = {};
    for (const auto& name : *names) {
      const auto channel = channel_of(name);
      if (!channel) fields.refuse("channels", "'" + name + "' is none; there are email, sms, push, webhook, in_app");
      if (channel) n.channels = n.channels.with(*channel);
    }
    if (names->empty()) fields.refuse("channels", "must name at least one");
  }
  if (const auto name = fields.string("priority")) {
    const auto priority = priority_of(*name);
    if (!priority) fields.refuse("priority", "must be critical, normal or bulk");
    n.priority = priority.value_or(n.priority);
  }
  if (const auto at = fields.time("sendAt")) {
    if (*at > now + ahead_max) fields.refuse("sendAt", "must be within a year");
    n.due_at = std::max(now, *at);
    if (category.expiry) n.expires_at = n.due_at + *category.expiry;
  }
  return n;
}

void parse_audience(const json::object& object, http::JsonFields& fields, Audience& audience) {
  constexpr const char* form = R"(must be {"all":true}, {"segment":"…"} or {"userIds":[…]})";
  const auto* value = object.if_contains("audience");
  const auto* given = value ? value->if_object() : nullptr;
  if (!given || given->size() != 1) return fields.refuse("audience", form);
  const auto& [name, what] = *given->begin();
  if (name == "all" && what.is_bool() && what.as_bool()) {
    audience.type = Audience::Type::all;
  } else if (name == "segment" && what.is_string() && !what.as_string().empty() && what.as_string().size() <= 64) {
    audience.type = Audience::Type::segment;
    audience.name = what.as_string();
  } else if (name == "userIds" && what.is_array() && !what.as_array().empty() && what.as_array().size() <= users_max) {
    audience.type = Audience::Type::users;
    for (const auto& each : what.as_array()) {
      if (!each.is_string() || !is_user_id(each.as_string())) {
        return fields.refuse("audience.userIds", "must be ids: 1 to 128 visible ASCII characters, none of / \" \\ < >");
      }
      audience.users.emplace_back(each.as_string());
    }
    std::sort(audience.users.begin(), audience.users.end());
    audience.users.erase(std::unique(audience.users.begin(), audience.users.end()), audience.users.end());
  } else {
    fields.refuse("audience", std::string(form) + "; at most 10000 ids");
  }
}

json::object channel_json(State state, const Row* row) {
  json::object object;
  object["state"] = to_string(state);
  if (!row) return object;
  object["attempts"] = row->attempt;
  if (!row->reason.empty()) object["reason"] = row->reason;
  if (row->next_at) object["nextAt"] = common::format_rfc3339(*row->next_at);
  json::array history;
  for (const auto& step : row->history) {
    json::object entry;
    entry["at"] = common::format_rfc3339(step.at);
    entry["state"] = to_string(step.state);
    entry["attempt"] = step.attempt;
    if (!step.reason.empty()) entry["reason"] = step.reason;
    history.push_back(std::move(entry));
  }
  object["history"] = std::move(history);
  return object;
}

json::object common_json(const Notification& n) {
  json::object object;
  object["id"] = std::to_string(n.id);
  object["category"] = n.category;
  object["title"] = n.title;
  object["body"] = n.body;
  object["priority"] = to_string(n.priority);
  object["createdAt"] = common::format_rfc3339(n.created_at);
  object["sendAt"] = common::format_rfc3339(n.due_at);
  return object;
}

}  // namespace

std::variant<Notification, http::Response> parse_notification(const json::object& object, const Categories& categories,
                                                              TimePoint now) {
  http::JsonFields fields(object,
                          {"userId", "category", "title", "body", "channels", "priority", "sendAt", "collapseKey"});
  Notification n = common_parts(fields, categories, now);
  n.audience.name = fields.required_string("userId");
  if (!is_user_id(n.audience.name)) {
    fields.refuse("userId", "must be 1 to 128 visible ASCII characters, none of / \" \\ < >");
  }
  n.collapse_key = fields.string("collapseKey").value_or("");
  if (n.collapse_key.size() > 64 || n.collapse_key.find('\0') != std::string::npos) {
    fields.refuse("collapseKey", "must be at most 64 bytes, none of them NUL");
  }
  if (fields.refused()) return fields.refusal();
  return n;
}

std::variant<Notification, http::Response> parse_broadcast(const json::object& object, const Categories& categories,
                                                           TimePoint now) {
  http::JsonFields fields(object, {"audience", "category", "title", "body", "channels", "priority", "sendAt"});
  Notification n = common_parts(fields, categories, now);
  n.kind = Kind::broadcast;
  if (!object.contains("priority")) n.priority = std::max(n.priority, Priority::bulk);  // it is one
  parse_audience(object, fields, n.audience);
  if (fields.refused()) return fields.refusal();
  return n;
}

json::object to_json(const Notification& n, const std::vector<Row>& rows) {
  json::object object = common_json(n);
  object["userId"] = n.audience.name;
  json::object channels;
  bool all_final = true;
  for (const Channel channel : all_channels) {
    if (!n.channels.has(channel)) continue;
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.id.channel == channel; });
    const State state = row == rows.end() ? State::planned : row->state;
    all_final = all_final && is_final(state);
    channels[to_string(channel)] = channel_json(state, row == rows.end() ? nullptr : &*row);
  }
  object["status"] = n.cancelled ? "cancelled" : all_final ? "done" : rows.empty() ? "accepted" : "running";
  object["channels"] = std::move(channels);
  return object;
}

std::string_view status_of(const Notification& broadcast, const Plan& plan, const Tally& tally) {
  std::int64_t settled = 0;
  for (std::size_t state = 0; state < state_count; ++state) {
    if (is_final(static_cast<State>(state))) settled += tally.rows[state];
  }
  if (broadcast.cancelled) return "cancelled";
  if (!plan.complete) return "planning";
  return settled >= plan.planned ? "done" : "running";
}

json::object to_json(const Notification& broadcast, const Plan& plan, const Tally& tally, TimePoint done_at) {
  json::object object = common_json(broadcast);
  object["status"] = status_of(broadcast, plan, tally);
  object["audience"] = plan.audience;
  object["planned"] = plan.planned;
  object["delivered"] = tally.of(State::delivered);
  object["suppressed"] = tally.of(State::suppressed) + tally.of(State::expired) + tally.of(State::cancelled);
  object["failed"] = tally.of(State::failed);
  object["ambiguous"] = tally.of(State::ambiguous);
  object["attempting"] = tally.of(State::attempting);
  object["retrying"] = tally.of(State::retrying);
  object["waiting"] = tally.of(State::planned);
  object["repeatedInDoubt"] = tally.repeated_in_doubt;
  object["estimatedDoneAt"] =
      done_at == TimePoint{} ? json::value(nullptr) : json::value(common::format_rfc3339(done_at));
  return object;
}

json::object to_json(const DeadLetter& letter) {
  json::object object;
  object["id"] = std::to_string(letter.id);
  object["notification"] = std::to_string(letter.delivery.notification);
  object["userId"] = letter.delivery.user;
  object["channel"] = to_string(letter.delivery.channel);
  object["attempts"] = letter.attempts;
  object["reason"] = letter.reason;
  object["at"] = common::format_rfc3339(letter.at);
  return object;
}

const std::string_view schemas = R"({
  "NewNotification": {"type":"object","required":["userId","category","title","body"],"properties":{
    "userId":{"type":"string"},"category":{"type":"string"},"title":{"type":"string"},"body":{"type":"string"},
    "channels":{"type":"array","items":{"enum":["email","sms","push","webhook","in_app"]}},
    "priority":{"enum":["critical","normal","bulk"]},"sendAt":{"type":"string","format":"date-time"},
    "collapseKey":{"type":"string"}}},
  "NewBroadcast": {"type":"object","required":["audience","category","title","body"],"properties":{
    "audience":{"type":"object"},"category":{"type":"string"},"title":{"type":"string"},"body":{"type":"string"},
    "channels":{"type":"array","items":{"type":"string"}},"priority":{"type":"string"},
    "sendAt":{"type":"string","format":"date-time"}}},
  "Accepted": {"type":"object","properties":{"id":{"type":"string"},"status":{"type":"string"}}},
  "Notification": {"type":"object","properties":{"id":{"type":"string"},"status":{"type":"string"},
    "channels":{"type":"object"}}},
  "Broadcast": {"type":"object","properties":{"id":{"type":"string"},
    "status":{"enum":["planning","running","done","cancelled"]},"audience":{"type":"integer"},
    "planned":{"type":"integer"},"delivered":{"type":"integer"},"suppressed":{"type":"integer"},
    "failed":{"type":"integer"},"ambiguous":{"type":"integer"},"estimatedDoneAt":{"type":["string","null"]}}},
  "User": {"type":"object","properties":{"id":{"type":"string"},"email":{"type":["string","null"]},
    "phone":{"type":["string","null"]},"pushToken":{"type":["string","null"]},"webhookUrl":{"type":["string","null"]},
    "timeZone":{"type":["string","null"]},"segments":{"type":"array","items":{"type":"string"}}}},
  "Preferences": {"type":"object","properties":{"categories":{"type":"object"},"quietHours":{"type":"object"}}},
  "Imported": {"type":"object","properties":{"stored":{"type":"integer"},"refused":{"type":"integer"},
    "problems":{"type":"array","items":{"type":"object"}}}},
  "Inbox": {"type":"object","properties":{"data":{"type":"array","items":{"type":"object"}},"meta":{"type":"object"}}},
  "DeadLetters": {"type":"object","properties":{"data":{"type":"array","items":{"type":"object"}},
    "meta":{"type":"object"}}}
})";

}  // namespace notifier
