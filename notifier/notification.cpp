#include "notifier/notification.h"

#include "common/json.h"

namespace notifier {

namespace json = common::json;

std::string to_text(const Audience& audience) {
  json::object text;
  switch (audience.type) {
    case Audience::Type::user:
      text["user"] = audience.name;
      break;
    case Audience::Type::all:
      text["all"] = true;
      break;
    case Audience::Type::segment:
      text["segment"] = audience.name;
      break;
    case Audience::Type::users: {
      json::array users;
      for (const auto& user : audience.users)
        users.emplace_back(user);
      text["userIds"] = std::move(users);
    }
  }
  return json::serialize(text);
}

Audience audience_of(std::string_view text) {
  Audience audience;
  const auto parsed = common::parse_json(text).value();
  const auto& object = parsed.as_object();
  if (const auto* user = object.if_contains("user")) {
    audience.name = user->as_string();
  } else if (object.contains("all")) {
    audience.type = Audience::Type::all;
  } else if (const auto* segment = object.if_contains("segment")) {
    audience.type = Audience::Type::segment;
    audience.name = segment->as_string();
  } else {
    audience.type = Audience::Type::users;
    for (const auto& each : object.at("userIds").as_array())
      audience.users.emplace_back(each.as_string());
  }
  return audience;
}

std::string delivery_key(NotificationId notification, std::string_view user, Channel channel) {
  std::string key = std::to_string(notification);
  key.append(":").append(user).append(":").append(to_string(channel));
  return key;
}

}  // namespace notifier
