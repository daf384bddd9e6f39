// What somebody wants said, and to whom. Pure.
//
// A broadcast is one notification with an audience; who is in it is found out when it is planned. A digest is a
// notification that the notifier makes itself, out of others (digest.h).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "notifier/channel.h"

namespace notifier {

enum class Priority : std::uint8_t { critical, normal, bulk };

constexpr std::string_view to_string(Priority priority) noexcept {
  constexpr std::string_view names[] = {"critical", "normal", "bulk"};
  return names[static_cast<std::size_t>(priority)];
}

constexpr std::optional<Priority> priority_of(std::string_view name) noexcept {
  for (const auto priority : {Priority::critical, Priority::normal, Priority::bulk}) {
    if (to_string(priority) == name) return priority;
  }
  return std::nullopt;
}

enum class Kind : std::uint8_t { single, broadcast, digest };

struct Audience {
  enum class Type : std::uint8_t { user, all, segment, users };
  Type type = Type::user;
  std::string name{};                // the user, or the segment
  std::vector<std::string> users{};  // of Type::users: sorted, each once

  bool operator==(const Audience&) const = default;
};

// One JSON text, for the store.
std::string to_text(const Audience& audience);
Audience audience_of(std::string_view text);

using NotificationId = std::int64_t;

struct Notification {
  NotificationId id = 0;
  Kind kind = Kind::single;
  Audience audience{};
  std::string category{};
  std::string title{};
  std::string body{};
  Channels channels{};
  Priority priority = Priority::normal;
  common::TimePoint created_at{};
  common::TimePoint due_at{};                     // not planned before
  std::optional<common::TimePoint> expires_at{};  // not sent after
  std::string collapse_key{};                     // a newer one of the same user and key replaces what has not started
  std::string traceparent{};                      // of the request that asked for it; empty: not traced
  bool cancelled = false;
};

// Ids grow with time, so that rows of one time lie together: 42 bits of milliseconds, 21 of chance. Two of one
// millisecond collide with probability 2^-21; the primary key notices.
constexpr NotificationId make_notification_id(common::TimePoint now, std::uint64_t chance) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return static_cast<NotificationId>((static_cast<std::uint64_t>(ms) & ((1ULL << 42) - 1)) << 21 | (chance >> 43));
}

// The name under which a provider may recognise a repetition: the same for every attempt.
std::string delivery_key(NotificationId notification, std::string_view user, Channel channel);

}  // namespace notifier
