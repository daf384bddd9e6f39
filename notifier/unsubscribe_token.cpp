#include "notifier/unsubscribe_token.h"

#include "common/text.h"
#include "notifier/hmac.h"

namespace notifier {

std::string unsubscribe_token(std::string_view secret, const Unsubscription& from) {
  const std::string text = from.user + '\n' + from.category + '\n' + std::string(to_string(from.channel));
  return common::base64url_encode(text) + "." + common::base64url_encode(hmac_sha256(secret, text));
}

std::optional<Unsubscription> read_unsubscribe_token(std::string_view secret, std::string_view token) {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto text = common::base64url_decode(token.substr(0, dot));
  const auto proof = common::base64url_decode(token.substr(dot + 1));
  if (!text || !proof || !common::constant_time_equals(*proof, hmac_sha256(secret, *text))) return std::nullopt;
  const auto first = text->find('\n');
  const auto second = text->rfind('\n');
  if (first == std::string::npos || second == first) return std::nullopt;
  const auto channel = channel_of(std::string_view(*text).substr(second + 1));
  if (!channel) return std::nullopt;
  return Unsubscription{text->substr(0, first), text->substr(first + 1, second - first - 1), *channel};
}

}  // namespace notifier
