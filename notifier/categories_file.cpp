#include "notifier/categories_file.h"

#include <toml++/toml.h>

#include <stdexcept>

#include "common/units.h"

namespace notifier {
namespace {

[[noreturn]] void refuse(const std::string& file, const toml::node& at, const std::string& what) {
  throw std::runtime_error(file + ":" + std::to_string(at.source().begin.line) + ": " + what);
}

std::string text_of(const std::string& file, const toml::node& node, const std::string& name) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  refuse(file, node, name + " must be a string");
}

std::chrono::seconds seconds_of(const std::string& file, const toml::node& node, const std::string& name) {
  const auto duration = common::parse_duration(text_of(file, node, name));
  if (duration.has_error()) refuse(file, node, name + ": " + duration.error().message);
  if (*duration < std::chrono::seconds{1}) refuse(file, node, name + " must be at least 1s");
  return std::chrono::duration_cast<std::chrono::seconds>(*duration);
}

Channels channels_of(const std::string& file, const toml::node& node) {
  const auto* list = node.as_array();
  if (!list || list->empty()) refuse(file, node, "channels must be a list that is not empty");
  Channels channels;
  for (const auto& each : *list) {
    const auto name = text_of(file, each, "a channel");
    const auto channel = channel_of(name);
    if (!channel) refuse(file, each, "no channel '" + name + "'; there are email, sms, push, webhook, in_app");
    channels = channels.with(*channel);
  }
  return channels;
}

void read_category(const std::string& file, const toml::table& table, Categories& categories) {
  const auto* name = table.get("name");
  if (!name) refuse(file, table, "a category needs a name");
  Category category = categories.at("general");
  for (const auto& [key, value] : table) {
    const std::string field(key.str());
    if (field == "name") continue;
    if (field == "priority") {
      const auto text = text_of(file, value, field);
      const auto priority = priority_of(text);
      if (!priority) refuse(file, value, "no priority '" + text + "'; there are critical, normal, bulk");
      category.priority = *priority;
    } else if (field == "channels") {
      category.channels = channels_of(file, value);
    } else if (field == "digest") {
      category.digest_window = seconds_of(file, value, field);
    } else if (field == "expiry") {
      category.expiry = seconds_of(file, value, field);
    } else {
      refuse(file, value, "no setting '" + field + "'; there are name, priority, channels, digest, expiry");
    }
  }
  categories.insert_or_assign(text_of(file, *name, "name"), category);
}

}  // namespace

Categories read_categories(const std::string& file, Categories categories) {
  toml::table all;
  try {
    all = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    throw std::runtime_error(file + ":" + std::to_string(error.source().begin.line) + ": " +
                             std::string(error.description()));
  }
  for (const auto& [key, value] : all) {
    const auto* list = key.str() == "category" ? value.as_array() : nullptr;
    if (!list) refuse(file, value, "only [[category]] may stand here");
    for (const auto& each : *list) {
      if (!each.is_table()) refuse(file, each, "only [[category]] may stand here");
      read_category(file, *each.as_table(), categories);
    }
  }
  return categories;
}

}  // namespace notifier
