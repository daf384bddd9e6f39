#include "url_shortener/permuted_counter.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <unordered_set>
#include <vector>

#include "common/random.h"
#include "tests/support/catch.h"

using namespace url_shortener;

namespace {

constexpr SipKey key{0x0706050403020100u, 0x0F0E0D0C0B0A0908u};

// SipHash-2-4 by OpenSSL, an implementation that is not ours.
std::uint64_t openssl_siphash(SipKey with, std::uint64_t message) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
  std::size_t size = 8;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
  std::uint64_t hash = 0;
  REQUIRE(EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(&with), sizeof(with), parameters) == 1);
  REQUIRE(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(&message), sizeof(message)) == 1);
  REQUIRE(EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(&hash), &size, sizeof(hash)) == 1);
  return hash;
}

}  // namespace

TEST_CASE("SipHash gives the value that its authors published and those of OpenSSL") {
  // The reference vectors' entry for the eight bytes 00 to 07 under the key 00 to 0f.
  STATIC_REQUIRE(siphash(key, 0x0706050403020100u) == 0x93F5F5799A932462u);
  common::SeededRandom random(1);
  for (int i = 0; i < 1000; ++i) {
    const SipKey any{random.next(), random.next()};
    const std::uint64_t message = random.next();
    REQUIRE(siphash(any, message) == openssl_siphash(any, message));
  }
}

TEST_CASE("a permuted counter is a bijection, counted out for one, two and three digits") {
  const unsigned digits = GENERATE(1u, 2u, 3u);
  const PermutedCounter permuted(key, digits);
  std::vector<bool> hit(permuted.size(), false);
  std::uint64_t outside = 0;
  std::uint64_t twice = 0;
  std::uint64_t not_inverted = 0;
  for (std::uint64_t number = 0; number < permuted.size(); ++number) {
    const std::uint64_t image = permuted.permute(number);
    if (image >= permuted.size()) {
      ++outside;
      continue;
    }
    twice += hit[image];
    hit[image] = true;
    not_inverted += permuted.invert(image) != number;
  }
  CHECK(outside == 0);
  CHECK(twice == 0);
  CHECK(not_inverted == 0);
}

TEST_CASE("a permuted counter of any size stays inside and can be inverted") {
  common::SeededRandom random(7);
  for (unsigned digits = 1; digits <= base62::exponent_max; ++digits) {
    const PermutedCounter permuted(key, digits);
    REQUIRE(permuted.size() == base62::power(digits));
    int wrong = 0;
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t number = random.below(permuted.size());
      const std::uint64_t image = permuted.permute(number);
      wrong += image >= permuted.size() || permuted.invert(image) != number;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("the first million codes of seven digits are a million codes") {
  const PermutedCounter permuted(key, 7);
  std::unordered_set<std::uint64_t> seen;
  seen.reserve(1'000'000);
  for (std::uint64_t number = 0; number < 1'000'000; ++number)
    seen.insert(permuted.permute(number));
  CHECK(seen.size() == 1'000'000);
}

TEST_CASE("another key is another order") {
  const PermutedCounter one(key, 7);
  const PermutedCounter other({key.low ^ 1, key.high}, 7);
  int same = 0;
  for (std::uint64_t number = 0; number < 10'000; ++number)
    same += one.permute(number) == other.permute(number);
  CHECK(same == 0);  // expected by chance: 10,000 / 62^7, about 3 in a billion
}

TEST_CASE("codes of neighbouring numbers differ in every digit about as often as chance has it") {
  const PermutedCounter permuted(key, 7);
  constexpr int pairs = 20'000;
  std::array<int, 7> equal{};
  std::string before = base62::encode(permuted.permute(0), 7);
  for (std::uint64_t number = 1; number <= pairs; ++number) {
    std::string code = base62::encode(permuted.permute(number), 7);
    for (std::size_t i = 0; i < equal.size(); ++i)
      equal[i] += code[i] == before[i];
    before = std::move(code);
  }
  // 1/62 of the pairs, 322.6 with a standard deviation of 17.8; five of those on either side. Fixed key: no luck.
  for (const int count : equal) {
    CHECK(count > 233);
    CHECK(count < 412);
  }
}
