// SHA-256 (FIPS 180-4), by OpenSSL: 32 bytes, not hex. Pure.

#pragma once

#include <string>
#include <string_view>

namespace common {

std::string sha256(std::string_view bytes);

}  // namespace common
