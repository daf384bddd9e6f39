#include "common/jwt.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "common/text.h"

namespace common {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

Error refused(const char* why) {
  return {Failure::invalid, why};
}

// OpenSSL asks on the terminal for the password of an encrypted key, unless told that there is
// none.
int no_password(char*, int, int, void*) {
  return 0;
}

Key read_pem(std::string_view text, bool& can_sign) {
  const auto open = [&text] { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free); };
  can_sign = true;
  EVP_PKEY* key = PEM_read_bio_PrivateKey(open().get(), nullptr, no_password, nullptr);
  if (key == nullptr) {
    can_sign = false;
    key = PEM_read_bio_PUBKEY(open().get(), nullptr, no_password, nullptr);
  }
  if (key == nullptr) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(open().get(), nullptr, no_password, nullptr), &X509_free);
    if (certificate) key = X509_get_pubkey(certificate.get());
  }
  ERR_clear_error();
  return Key(key, &EVP_PKEY_free);
}

struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_input;  // header and claims with the dot between them
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

Result<json::object> read_object(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return refused("a part is not base64url");
  auto value = parse_json(*text);
  if (value.has_error()) return value.error();
  if (!value->is_object()) return refused("a part is not a JSON object");
  return std::move(value->as_object());
}

// A NumericDate (RFC 7519 section 2): seconds since 1970, perhaps with a fraction. Clamped to the
// years 1970 to 9999, which changes no comparison with the present.
Result<std::optional<TimePoint>> read_time(const json::object& claims, const char* name) {
  const json::value* const value = claims.if_contains(name);
  if (value == nullptr) return std::optional<TimePoint>();
  if (!value->is_number()) return refused("a time is not a number");
  const double seconds = std::clamp(value->to_number<double>(), 0.0, 253'402'300'799.0);
  return std::optional(TimePoint{std::chrono::microseconds{std::llround(seconds * 1e6)}});
}

// RFC 7519 section 4.1.3: whoever is not among a token's audience must refuse it.
bool names_audience(const json::value& aud, std::string_view audience) {
  const auto is_ours = [&](const json::value& name) {
    return name.is_string() && !audience.empty() && std::string_view(name.get_string()) == audience;
  };
  if (!aud.is_array()) return is_ours(aud);
  return std::any_of(aud.get_array().begin(), aud.get_array().end(), is_ours);
}

Result<JwtClaims> check_claims(json::object claims, TimePoint now, std::string_view audience) {
  const auto expires = read_time(claims, "exp");
  if (expires.has_error()) return expires.error();
  const auto not_before = read_time(claims, "nbf");
  if (not_before.has_error()) return not_before.error();
  if (*expires && now >= **expires + jwt_leeway) return refused("expired");
  if (*not_before && now < **not_before - jwt_leeway) return refused("not valid yet");

  const json::value* const aud = claims.if_contains("aud");
  if (aud != nullptr && !names_audience(*aud, audience)) return refused("meant for somebody else");

  const json::value* const subject = claims.if_contains("sub");
  if (subject == nullptr || !subject->is_string() || subject->get_string().empty()) {
    return refused("no subject");
  }
  std::string who(subject->get_string());
  return JwtClaims{std::move(who), *expires, std::move(claims)};
}

}  // namespace

JwtKey::JwtKey(std::string_view text) {
  if (text.find("-----BEGIN ") != std::string_view::npos) {
    rsa_ = read_pem(text, can_sign_);
    if (!rsa_) throw std::runtime_error("the JWT key is PEM, but no readable key or certificate");
    if (EVP_PKEY_get_base_id(rsa_.get()) != EVP_PKEY_RSA) {
      throw std::runtime_error("the JWT key is PEM, but not RSA: only RS256 is offered");
    }
    if (EVP_PKEY_get_bits(rsa_.get()) < jwt_rsa_bits_min) {
      throw std::runtime_error("the JWT key has fewer than 2048 bits");
    }
    return;
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() < jwt_secret_bytes_min) {
    throw std::runtime_error("the JWT secret is shorter than 32 bytes");
  }
  secret_ = text;
}

Result<JwtClaims> JwtKey::verify(std::string_view token, TimePoint now, std::string_view audience) const {
  if (token.size() > jwt_size_max) return refused("too long");
  const auto parts = split(token);
  if (!parts) return refused("not three parts");
  const auto header = read_object(parts->header);
  if (header.has_error()) return header.error();
  const json::value* const alg = header->if_contains("alg");
  if (alg == nullptr || !alg->is_string() || std::string_view(alg->get_string()) != algorithm()) {
    return refused("not signed with the algorithm of the key");
  }
  if (header->contains("crit")) return refused("needs an extension");  // RFC 7515 section 4.1.11

  const auto signature = base64url_decode(parts->signature);
  if (!signature || !signature_is_valid(parts->signed_input, *signature)) {
    return refused("wrong signature");
  }
  auto claims = read_object(parts->claims);
  if (claims.has_error()) return claims.error();
  return check_claims(*std::move(claims), now, audience);
}

std::string JwtKey::sign(const json::object& claims) const {
  if (!can_sign_) throw std::logic_error("a public key cannot sign");
  const std::string header = std::string(R"({"alg":")") + algorithm() + R"(","typ":"JWT"})";
  std::string input = base64url_encode(header) + "." + base64url_encode(json::serialize(claims));
  const std::string signature = rsa_ ? rsa_signature(input) : hmac(input);
  return input.append(".").append(base64url_encode(signature));
}

bool JwtKey::signature_is_valid(std::string_view input, std::string_view signature) const {
  if (!rsa_) return constant_time_equals(hmac(input), signature);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool valid =
      context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, rsa_.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(input), input.size()) == 1;
  ERR_clear_error();
  return valid;
}

std::string JwtKey::hmac(std::string_view input) const {
  std::string mac(32, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes(input), input.size(), bytes(mac),
           &size) == nullptr ||
      size != mac.size()) {
    throw std::runtime_error("HMAC failed");
  }
  return mac;
}

std::string JwtKey::rsa_signature(std::string_view input) const {
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(rsa_.get())), '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, rsa_.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes(signature), &size, bytes(input), input.size()) != 1) {
    ERR_clear_error();
    throw std::runtime_error("RSA signing failed");
  }
  signature.resize(size);
  return signature;
}

}  // namespace common
