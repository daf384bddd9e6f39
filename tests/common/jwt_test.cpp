#include "common/jwt.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/text.h"
#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

namespace {

// RFC 7515, appendix A.1: the secret (as a JWK's k) and the token.
constexpr std::string_view hmac_secret =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
constexpr std::string_view hmac_token =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

// RFC 7515, appendix A.2: the public key (its JWK as PEM) and the token.
constexpr std::string_view rsa_public_key = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
)";
constexpr std::string_view rsa_token =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujG"
    "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
    "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

constexpr TimePoint rfc_expiry{1'300'819'380s};
constexpr TimePoint now{1'750'000'000s};
constexpr std::string_view secret = "a secret of at least thirty-two bytes";

std::string refusal(const JwtKey& key, std::string_view token, TimePoint at = now, std::string_view audience = {}) {
  const auto result = key.verify(token, at, audience);
  if (result.has_value()) return "accepted";
  REQUIRE(result.error().kind == Failure::invalid);
  return result.error().message;
}

std::string construction_error(std::string_view text) {
  try {
    const JwtKey key(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

// A token of any header and claims, signed as HS256 with `secret`.
std::string forge(std::string_view header, std::string_view claims) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(claims);
  unsigned char mac[32];
  std::size_t size = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(),
            reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, sizeof(mac), &size);
  return input + "." + base64url_encode({reinterpret_cast<char*>(mac), size});
}

constexpr std::string_view good_header = R"({"alg":"HS256"})";

std::string forge(std::string_view claims) {
  return forge(good_header, claims);
}

struct Pem {
  std::string private_key;
  std::string public_key;
};

Pem as_pem(EVP_PKEY* key) {
  const auto text = [](BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
  };
  REQUIRE(key != nullptr);
  BIO* const secret_part = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(secret_part, key, nullptr, nullptr, 0, nullptr, nullptr);
  BIO* const public_part = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(public_part, key);
  EVP_PKEY_free(key);
  return {text(secret_part), text(public_part)};
}

}  // namespace

TEST_CASE("the HMAC example of RFC 7515 A.1 verifies, and lacks only a subject") {
  const JwtKey key(base64url_decode(hmac_secret).value());
  REQUIRE(std::string(key.algorithm()) == "HS256");
  REQUIRE(refusal(key, hmac_token, rfc_expiry) == "no subject");
  REQUIRE(refusal(key, hmac_token, rfc_expiry + 1h) == "expired");
}

TEST_CASE("the RSA example of RFC 7515 A.2 verifies, and lacks only a subject") {
  const JwtKey key(rsa_public_key);
  REQUIRE(std::string(key.algorithm()) == "RS256");
  REQUIRE(refusal(key, rsa_token, rfc_expiry) == "no subject");
  std::string changed(rsa_token);
  changed[50] = changed[50] == 'A' ? 'B' : 'A';
  REQUIRE(refusal(key, changed, rfc_expiry) == "wrong signature");
}

TEST_CASE("what a key signs it verifies, with its claims") {
  const JwtKey key(secret);
  const std::string token = key.sign({{"sub", "alice"}, {"exp", 1'750'000'300}, {"role", "admin"}});
  const JwtClaims claims = key.verify(token, now).value();
  REQUIRE(claims.subject == "alice");
  REQUIRE(claims.expires == now + 300s);
  REQUIRE(claims.all.at("role").as_string() == "admin");
  REQUIRE_FALSE(key.verify(key.sign({{"sub", "bob"}}), now).value().expires.has_value());
}

TEST_CASE("a private RSA key signs what its public half verifies; a public one cannot sign") {
  const Pem pem = as_pem(EVP_RSA_gen(2048));
  const JwtKey signer(pem.private_key);
  const JwtKey verifier(pem.public_key);
  const std::string token = signer.sign({{"sub", "alice"}});
  REQUIRE(signer.verify(token, now).value().subject == "alice");
  REQUIRE(verifier.verify(token, now).value().subject == "alice");
  REQUIRE_THROWS_AS(verifier.sign({{"sub", "alice"}}), std::logic_error);
  REQUIRE(refusal(JwtKey(rsa_public_key), token) == "wrong signature");
}

TEST_CASE("the key decides the algorithm: none, and every other alg, is refused") {
  const JwtKey key(secret);
  constexpr std::string_view claims = R"({"sub":"alice"})";
  REQUIRE(refusal(key, forge(claims)) == "accepted");
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS512"})", R"({"alg":"hs256"})", R"({"alg":"RS256"})",
        R"({"alg":""})", R"({"alg":null})", R"({"alg":["HS256"]})", R"({})"}) {
    REQUIRE(refusal(key, forge(header, claims)) == "not signed with the algorithm of the key");
  }
  const std::string unsigned_token = base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(claims) + ".";
  REQUIRE(refusal(key, unsigned_token) == "not signed with the algorithm of the key");
  REQUIRE(refusal(key, forge(good_header, claims).substr(0, 30) + ".") != "accepted");
}

TEST_CASE("a public RSA key cannot be turned into an HMAC secret") {
  // The attack of RFC 8725 section 2.1: sign as HS256 with the text of the public key, which
  // everybody knows.
  const std::string input = base64url_encode(R"({"alg":"HS256"})") + "." + base64url_encode(R"({"sub":"mallory"})");
  unsigned char mac[32];
  std::size_t size = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, rsa_public_key.data(), rsa_public_key.size(),
            reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, sizeof(mac), &size);
  const std::string token = input + "." + base64url_encode({reinterpret_cast<char*>(mac), size});
  REQUIRE(refusal(JwtKey(rsa_public_key), token) == "not signed with the algorithm of the key");
}

TEST_CASE("a token changed in any character is refused") {
  const JwtKey key(secret);
  const std::string token = key.sign({{"sub", "alice"}});
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    REQUIRE(refusal(key, changed) != "accepted");
    REQUIRE(refusal(key, token.substr(0, i)) != "accepted");
  }
  REQUIRE(refusal(key, token + "=") == "wrong signature");
  REQUIRE(refusal(key, token + ".") == "not three parts");
  REQUIRE(refusal(key, token + " ") == "wrong signature");
  REQUIRE(refusal(JwtKey("another secret of at least 32 bytes.."), token) == "wrong signature");
}

TEST_CASE("exp and nbf hold with a minute's leeway for clocks that differ") {
  const JwtKey key(secret);
  const std::string expiring = forge(R"({"sub":"a","exp":1750000000})");
  REQUIRE(refusal(key, expiring, now) == "accepted");
  REQUIRE(refusal(key, expiring, now + 60s - 1us) == "accepted");
  REQUIRE(refusal(key, expiring, now + 60s) == "expired");
  const std::string early = forge(R"({"sub":"a","nbf":1750000000.5})");
  REQUIRE(refusal(key, early, now + 500ms - 60s) == "accepted");
  REQUIRE(refusal(key, early, now + 500ms - 60s - 1us) == "not valid yet");
}

TEST_CASE("times of the wrong type are refused, those far away are taken as what they are") {
  const JwtKey key(secret);
  for (const char* claims : {R"({"sub":"a","exp":"1750000000"})", R"({"sub":"a","exp":null})",
                             R"({"sub":"a","nbf":true})", R"({"sub":"a","nbf":[1]})"}) {
    REQUIRE(refusal(key, forge(claims)) == "a time is not a number");
  }
  REQUIRE(refusal(key, forge(R"({"sub":"a","exp":1e300})")) == "accepted");
  REQUIRE(refusal(key, forge(R"({"sub":"a","exp":18446744073709551615})")) == "accepted");
  REQUIRE(refusal(key, forge(R"({"sub":"a","exp":-1e300})")) == "expired");
  REQUIRE(refusal(key, forge(R"({"sub":"a","exp":0})")) == "expired");
  REQUIRE(refusal(key, forge(R"({"sub":"a","nbf":1e300})")) == "not valid yet");
}

TEST_CASE("a token without a subject that is a text is refused") {
  const JwtKey key(secret);
  for (const char* claims : {"{}", R"({"sub":""})", R"({"sub":7})", R"({"sub":null})"}) {
    REQUIRE(refusal(key, forge(claims)) == "no subject");
  }
}

TEST_CASE("a token for an audience is refused by everybody else") {
  const JwtKey key(secret);
  const std::string one = forge(R"({"sub":"a","aud":"chat"})");
  const std::string many = forge(R"({"sub":"a","aud":["mail","chat"]})");
  for (const std::string& token : {one, many}) {
    REQUIRE(refusal(key, token, now, "chat") == "accepted");
    REQUIRE(refusal(key, token, now, "notifier") == "meant for somebody else");
    REQUIRE(refusal(key, token, now) == "meant for somebody else");
  }
  REQUIRE(refusal(key, forge(R"({"sub":"a","aud":""})"), now) == "meant for somebody else");
  REQUIRE(refusal(key, forge(R"({"sub":"a","aud":7})"), now, "chat") == "meant for somebody else");
}

TEST_CASE("ambiguous and malformed tokens are refused even with a right signature") {
  const JwtKey key(secret);
  const std::string claims = R"({"sub":"a"})";
  REQUIRE(refusal(key, forge(R"({"sub":"a","sub":"b"})")).rfind("repeated name", 0) == 0);
  REQUIRE(refusal(key, forge(R"({"alg":"none","alg":"HS256"})", claims)).rfind("repeated name", 0) == 0);
  REQUIRE(refusal(key, forge(R"({"alg":"HS256","crit":["exp"],"exp":1})", claims)) == "needs an extension");
  REQUIRE(refusal(key, forge("[]")) == "a part is not a JSON object");
  REQUIRE(refusal(key, forge("\"a\"")) == "a part is not a JSON object");
  REQUIRE(refusal(key, forge("{} garbage")) != "accepted");
  REQUIRE(refusal(key, forge("{\"sub\":\"\xff\"}")) != "accepted");
  REQUIRE(refusal(key, forge("")) != "accepted");
  for (const char* text : {"", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30"}) {
    REQUIRE(refusal(key, text) != "accepted");
  }
}

TEST_CASE("a token of more than 8 KiB is refused unread") {
  const JwtKey key(secret);
  const std::string token = key.sign({{"sub", "alice"}, {"padding", std::string(8'192, 'x')}});
  REQUIRE(refusal(key, token) == "too long");
}

TEST_CASE("a secret has at least 32 bytes, the line break at its end not counted") {
  const std::string enough(32, 'x');
  REQUIRE(construction_error(enough) == "accepted");
  REQUIRE(construction_error(std::string(31, 'x')) == "the JWT secret is shorter than 32 bytes");
  REQUIRE(construction_error(std::string(31, 'x') + "\n") == "the JWT secret is shorter than 32 bytes");
  REQUIRE(construction_error("") == "the JWT secret is shorter than 32 bytes");
  const std::string token = JwtKey(enough).sign({{"sub", "a"}});
  REQUIRE(refusal(JwtKey(enough + "\n"), token) == "accepted");
  REQUIRE(refusal(JwtKey(enough + "\r\n"), token) == "accepted");
}

TEST_CASE("PEM that is broken, weak or not RSA is refused, never taken for a secret") {
  std::string broken(rsa_public_key);
  broken.erase(100, 1);
  REQUIRE(construction_error(broken).find("no readable key") != std::string::npos);
  REQUIRE(construction_error("-----BEGIN PUBLIC KEY-----\nAAAA\n").find("no readable key") != std::string::npos);
  REQUIRE(construction_error(as_pem(EVP_RSA_gen(1024)).public_key).find("2048") != std::string::npos);
  REQUIRE(construction_error(as_pem(EVP_EC_gen("P-256")).private_key).find("not RSA") != std::string::npos);
}
