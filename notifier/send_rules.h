// Whether something may be sent to somebody now: asked when it is about to be sent, not when it was accepted. Pure.
//
// Who unsubscribes at noon gets nothing at one, whatever was queued in the morning. In this order:
//
//   cancelled   it was called back, or a newer one with its collapse key came
//   expired     nobody wants to know any more
//   suppressed  unknown_user, no_address, dead_address (it bounced, or the token is gone), preference
//   defer       quiet hours: until they end. Critical ones go through, and the inbox makes no noise
//   digest      its category collects
//   send
//
// Critical passes quiet hours and digests, never a preference or the suppression list.

#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "notifier/category.h"
#include "notifier/delivery.h"
#include "notifier/user.h"

namespace notifier {

struct Send {};
struct Collect {
  std::chrono::seconds window;
};
struct Defer {
  common::TimePoint until;
};
struct Stop {
  State state;
  std::string_view reason;  // a literal
};
using Ruling = std::variant<Send, Collect, Defer, Stop>;

// `user`: null when nobody has that id. `superseded`: a newer notification has its collapse key.
inline Ruling rule(const Notification& notification, const Category& category, const KnownUser* user, Channel channel,
                   bool superseded, common::TimePoint now) {
  if (notification.cancelled) return Stop{State::cancelled, "cancelled"};
  if (superseded) return Stop{State::cancelled, "collapsed"};
  if (notification.expires_at && now >= *notification.expires_at) return Stop{State::expired, "expired"};
  if (!user) return Stop{State::suppressed, "unknown_user"};
  if (!address_of(user->user, channel)) return Stop{State::suppressed, "no_address"};
  if (user->dead.has(channel)) return Stop{State::suppressed, "dead_address"};
  if (!user->preferences.allows(notification.category, channel)) return Stop{State::suppressed, "preference"};
  if (notification.priority == Priority::critical) return Send{};
  if (user->preferences.quiet_hours && channel != Channel::in_app) {
    const auto until = quiet_until(*user->preferences.quiet_hours, user->user.time_zone.value_or(""), now);
    if (until) return Defer{*until};
  }
  if (category.digest_window && notification.kind != Kind::digest) return Collect{*category.digest_window};
  return Send{};
}

}  // namespace notifier
