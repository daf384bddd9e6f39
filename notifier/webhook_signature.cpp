#include "notifier/webhook_signature.h"

#include "notifier/hmac.h"

namespace notifier {

std::optional<std::string> webhook_secret(std::string_view text) {
  constexpr std::string_view prefix = "whsec_";
  if (!text.starts_with(prefix)) return std::nullopt;
  auto bytes = base64_decode(text.substr(prefix.size()));
  if (!bytes || bytes->size() < 24 || bytes->size() > 64) return std::nullopt;
  return bytes;
}

std::string sign_webhook(const std::vector<std::string>& keys, std::string_view id, std::int64_t timestamp,
                         std::string_view body) {
  std::string content(id);
  content.append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::string signatures;
  for (const auto& key : keys) {
    if (!signatures.empty()) signatures += ' ';
    signatures.append("v1,").append(base64_encode(hmac_sha256(key, content)));
  }
  return signatures;
}

}  // namespace notifier
