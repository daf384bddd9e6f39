// HMAC-SHA256 (RFC 2104) by OpenSSL, and base64 with padding (RFC 4648 section 4), strict. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace notifier {

std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace notifier
