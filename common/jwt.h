// JSON Web Tokens (RFC 7519), signed: who is asking, vouched for by whoever holds the key.
//
// The attacks on JWT (RFC 8725) mostly let the token choose how it is checked: "alg: none", or a
// public RSA key used as an HMAC secret. Here the key chooses:
//
//   1. A PEM key means RS256, any other text of 32 bytes or more HS256. The token's alg must be
//      that one.
//   2. No claim is looked at before the signature has been verified, in constant time.
//   3. What is ambiguous is refused: repeated names, padding, trailing bits, a `crit` header, an
//      `aud` that is not ours. Keys named inside a token (jwk, jku, x5u) are never used.
//
// Why not a library: of Debian 12's two, libcpp-jwt brings a second JSON library along, and
// libjwt 1.10 lets the token choose. The rules above are one page, and what a reader should see.
// OpenSSL does the cryptography.
//
// A JwtKey is immutable after construction: any thread may use it.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/json.h"
#include "common/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace common {

inline constexpr std::chrono::seconds jwt_leeway{60};    // how far clocks may differ
inline constexpr std::size_t jwt_size_max = 8'192;       // bytes of a token
inline constexpr std::size_t jwt_secret_bytes_min = 32;  // RFC 7518 section 3.2
inline constexpr int jwt_rsa_bits_min = 2'048;           // RFC 7518 section 3.3

struct JwtClaims {
  std::string subject;               // `sub`, never empty
  std::optional<TimePoint> expires;  // `exp`
  json::object all;                  // every claim, these included
};

class JwtKey {
 public:
  // The text of a key file: a PEM private key (signs and verifies), a PEM public key or certificate
  // (verifies), or a secret. One line break at the end is not part of a secret. Throws
  // std::runtime_error if it is too short, not RSA, or broken PEM: that is never taken for a
  // secret.
  explicit JwtKey(std::string_view text);

  // "RS256" or "HS256".
  const char* algorithm() const noexcept { return rsa_ ? "RS256" : "HS256"; }

  // The claims of a token that this key signed and that is valid at `now`: now < exp + leeway, now
  // >= nbf - leeway (RFC 7519 section 4.1; both optional), a `sub` that is a text and not empty,
  // and an `aud`, if there is one, that names `audience`. Errors: Failure::invalid; the message
  // says why, without quoting the token.
  Result<JwtClaims> verify(std::string_view token, TimePoint now, std::string_view audience = {}) const;

  // A token with these claims. Throws std::logic_error for a public key.
  std::string sign(const json::object& claims) const;

 private:
  bool signature_is_valid(std::string_view input, std::string_view signature) const;
  std::string hmac(std::string_view input) const;
  std::string rsa_signature(std::string_view input) const;

  std::shared_ptr<evp_pkey_st> rsa_;  // null for HS256
  bool can_sign_ = true;
  std::string secret_;
};

}  // namespace common
