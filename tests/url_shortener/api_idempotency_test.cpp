#include <optional>
#include <string>

#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;

namespace {

constexpr std::string_view some_url = R"({"longUrl":"https://example.com/a"})";
constexpr std::string_view other_url = R"({"longUrl":"https://example.com/b"})";
constexpr std::string_view key = "Idempotency-Key: \"first\"\r\n";

std::size_t links(Shortener& shortener) {
  return json_of(shortener.get("/v1/links")).at("data").as_array().size();
}

// A memory store whose inserts wait until they are let go.
class SlowStore final : public url_shortener::LinkStore {
 public:
  common::Task<common::Result<url_shortener::InsertOutcome>> insert(url_shortener::Insert insert) override {
    if (gate) co_await gate->wait();
    co_return co_await store_.insert(std::move(insert));
  }
  common::Task<common::Result<std::optional<url_shortener::IdempotentAnswer>>> find_answer(
      std::string scope, std::string name, common::TimePoint now) override {
    return store_.find_answer(std::move(scope), std::move(name), now);
  }
  common::Task<common::Result<std::optional<url_shortener::Link>>> find(std::string code) override {
    return store_.find(std::move(code));
  }
  common::Task<common::Result<Click>> take_click(std::string code, common::TimePoint now) override {
    return store_.take_click(std::move(code), now);
  }
  common::Task<common::Result<url_shortener::EditOutcome>> edit(std::string code, url_shortener::Edit edit,
                                                                std::optional<std::uint64_t> version) override {
    return store_.edit(std::move(code), std::move(edit), version);
  }
  common::Task<common::Result<url_shortener::EditOutcome>> remove(std::string code,
                                                                  std::optional<std::uint64_t> version) override {
    return store_.remove(std::move(code), version);
  }
  common::Task<common::Result<std::vector<url_shortener::Link>>> list(url_shortener::ListQuery query) override {
    return store_.list(std::move(query));
  }

  std::optional<Gate> gate;

 private:
  url_shortener::LinkStoreMemory store_;
};

}  // namespace

TEST_CASE("the same key and body are answered with the first answer, and create nothing") {
  Shortener shortener;
  const auto first = shortener.post("/shorten", some_url, key);
  CHECK(first.status == 201);
  CHECK_FALSE(first.has("Idempotent-Replayed"));
  shortener.pass(1h);
  for (const auto* same : {"Idempotency-Key: \"first\"\r\n", "Idempotency-Key: first\r\n"}) {
    const auto again = shortener.post("/shorten", some_url, same);
    CHECK(again.status == 201);
    CHECK(again.header("Idempotent-Replayed") == "true");
    CHECK(again.body == first.body);
    CHECK(again.header("Location") == first.header("Location"));
    CHECK(again.header("ETag") == first.header("ETag"));
    CHECK(again.header("Content-Type") == first.header("Content-Type"));
    CHECK(again.count("Content-Length") == 1);
  }
  CHECK(links(shortener) == 1);
}

TEST_CASE("an answer is replayed even when the expiry that it names has passed") {
  Shortener shortener;  // its clock says 2025-06-15T15:06:40Z
  constexpr std::string_view brief = R"({"longUrl":"https://example.com/a","expiresAt":"2025-06-15T15:06:50Z"})";
  const auto first = shortener.post("/shorten", brief, key);
  CHECK(first.status == 201);
  shortener.pass(1h);
  const auto again = shortener.post("/shorten", brief, key);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(shortener.post("/shorten", brief).status == 422);
}

TEST_CASE("a replay takes no code") {
  Shortener shortener;  // its codes are counted
  shortener.post("/shorten", some_url, key);
  shortener.post("/shorten", some_url, key);
  CHECK(text_at(shortener.post("/shorten", some_url), "/shortCode") == "00001");
}

TEST_CASE("the same key with another body is refused") {
  Shortener shortener;
  shortener.post("/shorten", some_url, key);
  const auto refused = shortener.post("/shorten", other_url, key);
  CHECK(refused.status == 422);
  CHECK(error_code(refused) == "IDEMPOTENCY_KEY_REUSED");
  CHECK(links(shortener) == 1);
}

TEST_CASE("a refused request leaves its key free") {
  Shortener shortener;
  CHECK(shortener.post("/shorten", R"({"longUrl":"ftp://example.com"})", key).status == 422);
  CHECK(shortener.post("/shorten", some_url, key).status == 201);
}

TEST_CASE("a key is forgotten after a day") {
  Shortener shortener;
  const auto first = shortener.post("/shorten", some_url, key);
  shortener.pass(24h - 1s);
  CHECK(shortener.post("/shorten", some_url, key).body == first.body);
  shortener.pass(2s);
  const auto anew = shortener.post("/shorten", some_url, key);
  CHECK(anew.status == 201);
  CHECK_FALSE(anew.has("Idempotent-Replayed"));
  CHECK(text_at(anew, "/shortCode") != text_at(first, "/shortCode"));
}

TEST_CASE("while a request is under way its key is 409, another key is not") {
  SlowStore store;
  Shortener shortener(store);
  store.gate.emplace(shortener.wire.io());
  shortener.begin("POST", "/shorten", "Content-Type: application/json\r\n" + std::string(key), some_url);
  shortener.wire.settle();
  REQUIRE(shortener.wire.take().empty());  // waits for the store

  ProtocolDriver other(shortener.app);  // another connection
  const auto post_other = [&](std::string_view header) {
    other.receive("POST /shorten HTTP/1.1\r\nHost: sho.rt\r\nContent-Type: application/json\r\n" + std::string(header) +
                  "Content-Length: " + std::to_string(some_url.size()) + "\r\n\r\n" + std::string(some_url));
    other.settle();
    return other.take();
  };
  auto busy = post_other(key);
  const auto refused = take_response(busy);
  REQUIRE(refused);
  CHECK(refused->status == 409);
  CHECK(error_code(*refused) == "IDEMPOTENCY_KEY_IN_FLIGHT");
  CHECK(refused->has("Retry-After"));

  store.gate->open();
  const auto first = shortener.finish();
  CHECK(first.status == 201);
  store.gate.reset();
  auto replay = post_other(key);
  const auto replayed = take_response(replay);
  REQUIRE(replayed);
  CHECK(replayed->status == 201);
  CHECK(replayed->body == first.body);
}

TEST_CASE("an alias that was taken leaves its key free") {
  Shortener shortener;
  const std::string_view talk = R"({"longUrl":"https://example.com","alias":"talk"})";
  shortener.shorten(talk);
  CHECK(shortener.post("/shorten", talk, key).status == 409);
  CHECK(shortener.post("/shorten", some_url, key).status == 201);
}

TEST_CASE("a found link is replayed like a new one") {
  Shortener shortener;
  const std::string_view reuse = R"({"longUrl":"https://example.com/a","ifExists":"reuse"})";
  shortener.shorten(some_url);
  const auto found = shortener.post("/shorten", reuse, key);
  CHECK(found.status == 200);
  CHECK_FALSE(found.has("Idempotent-Replayed"));
  shortener.request("DELETE", "/v1/links/" + text_at(found, "/shortCode"));
  const auto again = shortener.post("/shorten", reuse, key);
  CHECK(again.status == 200);
  CHECK(again.body == found.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(shortener.post("/shorten", some_url, key).status == 422);
  CHECK(links(shortener) == 0);
}

TEST_CASE("a key is 1 to 255 printable characters") {
  Shortener shortener;
  const auto status = [&](const std::string& value) {
    return shortener.post("/shorten", some_url, "Idempotency-Key: " + value + "\r\n").status;
  };
  CHECK(status(std::string(255, 'k')) == 201);
  for (const auto& bad : {std::string(), std::string("\"\""), std::string(256, 'k'), std::string("a b"),
                          std::string("caf\xC3\xA9"), std::string("a\"b")}) {
    INFO(bad);
    CHECK(status(bad) == 400);
  }
}
