// The token of an unsubscribe link: who, from what, and a proof that we made it. Pure.
//
// RFC 8058 forbids asking for a login, so the link itself is the permission: base64url of "user\ncategory\nchannel",
// a dot, and base64url of its HMAC-SHA256. It does not expire: who finds an old mail may unsubscribe still.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "notifier/channel.h"

namespace notifier {

struct Unsubscription {
  std::string user;
  std::string category;
  Channel channel = Channel::email;

  bool operator==(const Unsubscription&) const = default;
};

std::string unsubscribe_token(std::string_view secret, const Unsubscription& from);
// nullopt: we did not make it.
std::optional<Unsubscription> read_unsubscribe_token(std::string_view secret, std::string_view token);

}  // namespace notifier
