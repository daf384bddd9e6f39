#include "notifier/user.h"

#include "common/json.h"

namespace notifier {

namespace json = common::json;

std::string to_text(const Preferences& preferences) {
  json::object categories;
  for (const auto& [category, off] : preferences.off) {
    json::object channels;
    for (const Channel channel : all_channels) {
      if (off.has(channel)) channels[to_string(channel)] = false;
    }
    if (!channels.empty()) categories[category] = std::move(channels);
  }
  json::object text;
  text["categories"] = std::move(categories);
  if (preferences.quiet_hours) {
    text["quietHours"] = json::object{{"from", format_minute(preferences.quiet_hours->from)},
                                      {"to", format_minute(preferences.quiet_hours->to)}};
  }
  return json::serialize(text);
}

Preferences preferences_of(std::string_view text) {
  Preferences preferences;
  const auto parsed = common::parse_json(text).value();
  const auto& object = parsed.as_object();
  for (const auto& [category, channels] : object.at("categories").as_object()) {
    for (const auto& [name, on] : channels.as_object()) {
      const auto channel = channel_of(name);
      if (channel && !on.as_bool()) {
        auto& off = preferences.off[std::string(category)];
        off = off.with(*channel);
      }
    }
  }
  if (const auto* quiet = object.if_contains("quietHours")) {
    const auto from = parse_minute(quiet->at("from").as_string());
    const auto to = parse_minute(quiet->at("to").as_string());
    if (from && to) preferences.quiet_hours = QuietHours{*from, *to};
  }
  return preferences;
}

}  // namespace notifier
