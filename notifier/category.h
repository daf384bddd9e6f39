// What kinds of notifications there are, and how each is treated unless a request says otherwise. Pure.
//
// Three are built in: `security` (critical, every channel), `news` (bulk, e-mail and inbox), and `general` (normal:
// e-mail, push, inbox), whose treatment a category that nobody declared has too. A file of --categories adds to them
// or replaces them.

#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "notifier/notification.h"

namespace notifier {

struct Category {
  Priority priority = Priority::normal;
  Channels channels{};
  std::optional<std::chrono::seconds> digest_window{};  // what comes within it is sent as one
  std::optional<std::chrono::seconds> expiry{};         // after its creation; later it is not sent
};

using Categories = std::map<std::string, Category, std::less<>>;

inline Categories built_in_categories() {
  constexpr auto usual = Channels{}.with(Channel::email).with(Channel::push).with(Channel::in_app);
  return {{"security", {.priority = Priority::critical, .channels = Channels(31)}},
          {"general", {.priority = Priority::normal, .channels = usual}},
          {"news", {.priority = Priority::bulk, .channels = Channels{}.with(Channel::email).with(Channel::in_app)}}};
}

inline const Category& category_of(const Categories& categories, std::string_view name) {
  const auto found = categories.find(name);
  return found != categories.end() ? found->second : categories.at("general");
}

}  // namespace notifier
