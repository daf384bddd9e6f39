// The keys' hash, against OpenSSL's SipHash.

#include "rate_limiter/key_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>

#include "tests/support/catch.h"

using namespace rate_limiter;

namespace {

// SipHash-2-4 with 128 bits under the key 00 01 … 0f.
KeyHash by_openssl(std::string_view message) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
  std::array<unsigned char, 16> key;
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<unsigned char>(i);
  std::size_t bytes = 16;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &bytes),
                                   OSSL_PARAM_construct_end()};
  std::array<unsigned char, 16> out{};
  std::size_t length = 0;
  const bool worked =
      EVP_MAC_init(context.get(), key.data(), key.size(), parameters) == 1 &&
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1 &&
      EVP_MAC_final(context.get(), out.data(), &length, out.size()) == 1 && length == 16;
  if (!worked) throw std::runtime_error("OpenSSL has no SipHash");
  KeyHash hash;
  std::memcpy(&hash.low, out.data(), 8);
  std::memcpy(&hash.high, out.data() + 8, 8);
  return hash;
}

}  // namespace

TEST_CASE("the hash is SipHash, for messages of every length") {
  const HashSecret secret{0x0706050403020100u, 0x0F0E0D0C0B0A0908u};
  std::string message;
  for (int length = 0; length < 300; ++length) {
    const KeyHash hash = SipHash128<2, 4>(secret).finish(message, message.size());
    REQUIRE(hash == by_openssl(message));
    message += static_cast<char>(length);
  }
}

TEST_CASE("secret, limit and key all matter") {
  const auto one = key_hash({1, 2}, 3, "alice");
  CHECK(one == key_hash({1, 2}, 3, "alice"));
  CHECK(one != key_hash({1, 3}, 3, "alice"));
  CHECK(one != key_hash({1, 2}, 4, "alice"));
  CHECK(one != key_hash({1, 2}, 3, "alicf"));
  CHECK(one != key_hash({1, 2}, 3, std::string("alice\0", 6)));
}
