#include "notifier/user_json.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace notifier {

namespace http = common::http;
namespace json = common::json;

namespace {

constexpr std::size_t segments_max = 64;

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  const bool one = at != std::string_view::npos && text.find('@', at + 1) == std::string_view::npos;
  const auto plain = [](std::string_view part) {
    return !part.empty() && common::is_printable(part) && part.find_first_of("<>,;:\"\\()[]") == std::string_view::npos;
  };
  return one && text.size() <= 254 && plain(text.substr(0, at)) && plain(text.substr(at + 1));
}

bool is_phone(std::string_view text) {
  return text.size() >= 8 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_http_url(std::string_view text) {
  const bool scheme = text.starts_with("https://") || text.starts_with("http://");
  const auto authority = text.substr(std::min(text.size(), text.find("://") + 3));
  return scheme && text.size() <= 2048 && common::is_printable(text) && !authority.empty() && authority[0] != '/' &&
         authority.substr(0, authority.find('/')).find('@') == std::string_view::npos;
}

}  // namespace

bool is_user_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && common::is_printable(id) &&
         id.find_first_of("/\"\\<>") == std::string_view::npos;
}

std::variant<User, std::vector<http::Problem>> parse_user(const json::object& object, std::string_view id) {
  constexpr std::array<std::string_view, 7> accepted = {"id",         "email",    "phone",   "pushToken",
                                                        "webhookUrl", "timeZone", "segments"};
  std::vector<http::Problem> problems;
  User user;
  user.id = id;
  const auto text = [&](std::string_view name) -> std::optional<std::string> {
    const auto* value = object.if_contains(name);
    if (!value || value->is_null()) return std::nullopt;
    if (value->is_string()) return std::string(value->as_string());
    problems.push_back({std::string(name), "must be a string"});
    return std::nullopt;
  };
  const auto check = [&](std::string_view name, const std::optional<std::string>& value, bool good,
                         const char* problem) {
    if (value && !good) problems.push_back({std::string(name), problem});
  };
  for (const auto& [name, value] : object) {
    if (std::find(accepted.begin(), accepted.end(), name) == accepted.end()) {
      problems.push_back(
          {std::string(name), "is unknown; there are id, email, phone, pushToken, webhookUrl, timeZone, segments"});
    }
  }
  const auto own_id = text("id");
  if (own_id && !id.empty() && *own_id != id) problems.push_back({"id", "is not the one in the path"});
  if (user.id.empty() && own_id) user.id = *own_id;
  if (!is_user_id(user.id))
    problems.push_back({"id", "must be 1 to 128 visible ASCII characters, none of / \" \\ < >"});
  user.email = text("email");
  user.phone = text("phone");
  user.push_token = text("pushToken");
  user.webhook_url = text("webhookUrl");
  user.time_zone = text("timeZone");
  check("email", user.email, user.email && is_email(*user.email), "is no e-mail address");
  check("phone", user.phone, user.phone && is_phone(*user.phone), "must be in E.164: + and 7 to 15 digits");
  check("pushToken", user.push_token,
        user.push_token && !user.push_token->empty() && user.push_token->size() <= 4096 &&
            common::is_printable(*user.push_token),
        "must be 1 to 4096 visible ASCII characters");
  check("webhookUrl", user.webhook_url, user.webhook_url && is_http_url(*user.webhook_url),
        "must be an http or https URL without credentials");
  check("timeZone", user.time_zone, user.time_zone && is_time_zone(*user.time_zone),
        "is no time zone of the IANA database");
  if (const auto* segments = object.if_contains("segments"); segments && !segments->is_null()) {
    const auto* list = segments->if_array();
    const bool good =
        list && list->size() <= segments_max && std::all_of(list->begin(), list->end(), [](const auto& each) {
          return each.is_string() && !each.as_string().empty() && each.as_string().size() <= 64;
        });
    if (!good) problems.push_back({"segments", "must be at most 64 strings of 1 to 64 bytes"});
    if (good) {
      for (const auto& each : *list)
        user.segments.emplace_back(each.as_string());
    }
  }
  if (!problems.empty()) return problems;
  return user;
}

json::object to_json(const User& user) {
  json::object object;
  object["id"] = user.id;
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    object[name] = value ? json::value(*value) : json::value(nullptr);
  };
  add("email", user.email);
  add("phone", user.phone);
  add("pushToken", user.push_token);
  add("webhookUrl", user.webhook_url);
  add("timeZone", user.time_zone);
  json::array segments;
  for (const auto& segment : user.segments)
    segments.emplace_back(segment);
  object["segments"] = std::move(segments);
  return object;
}

std::variant<Preferences, http::Response> parse_preferences(const json::object& object) {
  http::JsonFields fields(object, {"categories", "quietHours"});
  Preferences preferences;
  if (const auto* value = object.if_contains("categories"); value && !value->is_null()) {
    const auto* categories = value->if_object();
    if (!categories || categories->size() > 100)
      fields.refuse("categories", "must be an object of at most 100 categories");
    for (const auto& [category, channels] : categories && categories->size() <= 100 ? *categories : json::object{}) {
      const std::string name = "categories." + std::string(category);
      if (!channels.is_object()) {
        fields.refuse(name, "must be an object such as {\"email\":false}");
        continue;
      }
      for (const auto& [channel, on] : channels.as_object()) {
        const auto known = channel_of(channel);
        if (!known || !on.is_bool()) {
          fields.refuse(name + "." + std::string(channel),
                        "must be true or false, of email, sms, push, webhook or in_app");
        } else if (!on.as_bool()) {
          auto& off = preferences.off[std::string(category)];
          off = off.with(*known);
        }
      }
    }
  }
  if (const auto* value = object.if_contains("quietHours"); value && !value->is_null()) {
    const auto* quiet = value->if_object();
    const auto minute = [&](std::string_view name) -> std::optional<int> {
      const auto* text = quiet ? quiet->if_contains(name) : nullptr;
      return text && text->is_string() ? parse_minute(text->as_string()) : std::nullopt;
    };
    const auto from = minute("from");
    const auto to = minute("to");
    if (!from || !to || quiet->size() != 2) {
      fields.refuse("quietHours", "must be {\"from\":\"22:00\",\"to\":\"07:00\"}, by the user's own clock");
    } else {
      preferences.quiet_hours = QuietHours{*from, *to};
    }
  }
  if (fields.refused()) return fields.refusal();
  return preferences;
}

}  // namespace notifier
