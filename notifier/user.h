// A person who can be told something: addresses, time zone, segments, and what they do not want. Pure.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "notifier/channel.h"
#include "notifier/quiet_hours.h"

namespace notifier {

struct User {
  std::string id;  // 1 to 128 visible ASCII characters without '/'
  std::optional<std::string> email{};
  std::optional<std::string> phone{};  // E.164
  std::optional<std::string> push_token{};
  std::optional<std::string> webhook_url{};
  std::optional<std::string> time_zone{};  // IANA's name; UTC without
  std::vector<std::string> segments{};

  bool operator==(const User&) const = default;
};

// Where `channel` reaches the user; the inbox is the user itself. nullopt: nowhere.
inline std::optional<std::string> address_of(const User& user, Channel channel) {
  switch (channel) {
    case Channel::email:
      return user.email;
    case Channel::sms:
      return user.phone;
    case Channel::push:
      return user.push_token;
    case Channel::webhook:
      return user.webhook_url;
    case Channel::in_app:
      return user.id;
  }
  return std::nullopt;
}

// What is absent is on.
struct Preferences {
  std::map<std::string, Channels, std::less<>> off{};  // by category
  std::optional<QuietHours> quiet_hours{};

  bool allows(std::string_view category, Channel channel) const {
    const auto found = off.find(category);
    return found == off.end() || !found->second.has(channel);
  }
  bool operator==(const Preferences&) const = default;
};

// One JSON text, as the API shows it.
std::string to_text(const Preferences& preferences);
// Throws std::exception for what to_text() did not make.
Preferences preferences_of(std::string_view text);

struct KnownUser {
  User user;
  Preferences preferences{};
  Channels dead{};  // channels whose address is on the suppression list
};

}  // namespace notifier
