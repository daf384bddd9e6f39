// Digests by OpenSSL, as bytes, not hex. Pure.

#pragma once

#include <string>
#include <string_view>

namespace common {

// SHA-256 (FIPS 180-4): 32 bytes.
std::string sha256(std::string_view bytes);

// SHA-1 (FIPS 180-4): 20 bytes. Broken where somebody may choose both inputs; for protocols that name things by it.
std::string sha1(std::string_view bytes);

}  // namespace common
