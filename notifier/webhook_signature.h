// Standard Webhooks, signing (specification 1.0.0): how a receiver knows that a webhook is ours, and which. Pure.
//
//   webhook-id         the delivery key: the same for every attempt, so that the receiver can tell a repetition
//   webhook-timestamp  seconds since 1970, of this attempt: an old one that is played back is refused
//   webhook-signature  "v1," and base64 of HMAC-SHA256 over "id.timestamp.body"; with several secrets several, one
//                      space between: while keys are rotated, receivers that have either are content
//
// A secret is "whsec_" and the base64 of 24 to 64 bytes.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notifier {

// The bytes of a secret; nullopt when it is none.
std::optional<std::string> webhook_secret(std::string_view text);

// The header's value. `keys`: what webhook_secret() gave, the newest first.
std::string sign_webhook(const std::vector<std::string>& keys, std::string_view id, std::int64_t timestamp,
                         std::string_view body);

}  // namespace notifier
