// Creation where only one of four codes may be used, as on four shards: no misfit is taken for a collision.

#include <algorithm>

#include "tests/url_shortener/code_sources_under_test.h"
#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/shortener_under_test.h"
#include "url_shortener/code_generator_hash.h"
#include "url_shortener/shard_ring.h"

using namespace url_shortener;

namespace {

// One store that says of three codes in four that they lie elsewhere.
class FourParts final : public LinkStoreOverMemory {
 public:
  bool fits(const Insert& insert) const override { return has_place(insert.link.code, insert.link.long_url); }
  bool has_place(std::string_view code, std::string_view long_url) const {
    return ring_.owner(code) == ring_.owner("url " + std::string(long_url));
  }
  common::Task<common::Result<InsertManyOutcome>> insert_many(InsertMany many) override {
    for (const auto& item : many.items)
      misfits += !has_place(item.link.code, item.link.long_url);
    return memory.insert_many(std::move(many));
  }
  int misfits = 0;

 private:
  ShardRing ring_{4};
};

std::string url(int number) {
  return "https://example.com/" + std::to_string(number);
}

std::string link_to(const std::string& url) {
  return R"({"longUrl":")" + url + "\"}";
}

// The first of the URL's hashes that lies where it should, after `skipped` of them.
std::string hash_that_fits(const FourParts& store, const std::string& url, int skipped) {
  for (unsigned probe = 0;; ++probe) {
    auto code = CodeGeneratorHash::code(url, probe, 7);
    if (store.has_place(code, url) && skipped-- == 0) return code;
  }
}

std::vector<std::string> create_batch(testing::Shortener& shortener, int links, std::string_view headers) {
  std::string body;
  for (int i = 0; i < links; ++i)
    body += (i > 0 ? "," : "[") + link_to(url(i));
  const auto made = shortener.post("/v1/links:batch", body + "]", headers);
  REQUIRE(made.status == 201);
  std::vector<std::string> codes;
  const auto outcome = testing::json_of(made);
  for (const auto& item : outcome.at("data").as_array())
    codes.emplace_back(item.at("link").at("shortCode").as_string());
  return codes;
}

}  // namespace

TEST_CASE("codes keep their length, however many of them lie on the wrong shard") {
  const std::string name = GENERATE("random", "hash", "permuted_counter", "key_pool");
  CodeSourcesUnderTest sources("memory");
  const auto generator = make_code_generator(name, 0, sources.one());
  FourParts store;
  testing::Shortener shortener(store, *generator);
  for (int i = 0; i < 200; ++i)
    CHECK(shortener.shorten(link_to(url(i))).size() == 7);
  const auto headers = GENERATE("", "Idempotency-Key: k\r\n");
  const auto codes = create_batch(shortener, 200, headers);
  CHECK(std::all_of(codes.begin(), codes.end(), [](const auto& code) { return code.size() == 7; }));
  CHECK(store.misfits == 0);
}

TEST_CASE("a hash follows from the URL on shards as well") {
  CodeSourcesUnderTest sources("memory");
  const auto hash = make_code_generator("hash", 0, sources.one());
  FourParts store;
  testing::Shortener shortener(store, *hash);
  for (int i = 0; i < 100; ++i)
    CHECK(shortener.shorten(link_to(url(i))) == hash_that_fits(store, url(i), 0));
  const auto second = create_batch(shortener, 100, "");
  for (int i = 0; i < 100; ++i)
    CHECK(second[static_cast<std::size_t>(i)] == hash_that_fits(store, url(i), 1));
}
