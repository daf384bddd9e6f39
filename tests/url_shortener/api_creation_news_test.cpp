// A new link is found at once by those who asked for its code too early, also when nobody knows whether it was created,
// and when its creation is replayed.

#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;

namespace {

constexpr std::string_view some_url = R"({"longUrl":"https://example.com/a"})";
constexpr std::string_view key = "Idempotency-Key: \"first\"\r\n";

// A memory store that does what it is asked for and loses the answer.
class ForgetfulStore final : public url_shortener::LinkStoreOverMemory {
 public:
  common::Task<common::Result<url_shortener::InsertOutcome>> insert(url_shortener::Insert insert) override {
    co_await memory.insert(std::move(insert));
    co_return lost();
  }
  common::Task<common::Result<url_shortener::InsertManyOutcome>> insert_many(url_shortener::InsertMany many) override {
    co_await memory.insert_many(std::move(many));
    co_return lost();
  }

 private:
  static common::Error lost() { return {common::Failure::unknown_outcome, "the answer was lost"}; }
};

}  // namespace

TEST_CASE("a link whose creation has no known outcome is found, if there is one") {
  ForgetfulStore store;
  Shortener shortener(store);
  for (const auto* code : {"/00000", "/00001", "/00002", "/mine"})
    CHECK(shortener.get(code).status == 404);
  CHECK(shortener.post("/shorten", some_url).status >= 500);
  CHECK(shortener.get("/00000").status == 302);
  CHECK(shortener.post("/v1/links:batch", "[" + std::string(some_url) + "," + std::string(some_url) + "]").status >=
        500);
  CHECK(shortener.get("/00001").status == 302);
  CHECK(shortener.get("/00002").status == 302);
  shortener.request("POST", "/v1/links:import", "Content-Type: application/x-ndjson\r\n",
                    R"({"shortCode":"mine","longUrl":"https://example.com/"})");
  CHECK(shortener.get("/mine").status == 302);
}

// The second process has the client's repetition, and believes that there is no such code.
TEST_CASE("a link is found where its creation is replayed") {
  url_shortener::LinkStoreMemory store;
  Shortener first(store);
  Shortener second(store);
  CHECK(second.get("/00000").status == 404);
  CHECK(first.post("/shorten", some_url, key).status == 201);
  CHECK(second.get("/00000").status == 404);  // for a second at most
  const auto replayed = second.post("/shorten", some_url, key);
  CHECK(replayed.status == 201);
  CHECK(replayed.has("Idempotent-Replayed"));
  CHECK(second.get("/00000").status == 302);

  const std::string batch = "[" + std::string(some_url) + "," + std::string(some_url) + "]";
  CHECK(second.get("/00001").status == 404);
  CHECK(second.get("/00002").status == 404);
  CHECK(first.post("/v1/links:batch", batch, key).status == 201);
  CHECK(second.post("/v1/links:batch", batch, key).status == 201);
  CHECK(second.get("/00001").status == 302);
  CHECK(second.get("/00002").status == 302);
}
