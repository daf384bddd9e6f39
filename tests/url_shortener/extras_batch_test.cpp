// POST /v1/links:batch over the whole HTTP interface and a memory store.

#include <map>

#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/shortener_under_test.h"

using namespace testing;

namespace {

constexpr std::string_view key = "Idempotency-Key: \"first\"\r\n";

std::string at(const RawResponse& response, std::size_t index, std::string_view pointer) {
  return text_at(response, "/data/" + std::to_string(index) + std::string(pointer));
}

std::string many(int count, const std::string& extra = "") {
  std::string body = R"({"links":[)";
  for (int i = 0; i < count; ++i)
    body += (i > 0 ? "," : "") + (R"({"longUrl":"https://example.com/)" + std::to_string(i) + "\"" + extra + "}");
  return body + "]}";
}

std::size_t links(Shortener& shortener) {
  return json_of(shortener.get("/v1/links?limit=100")).at("data").as_array().size();
}

// A memory store that is away when it is told to be.
class AwayStore final : public url_shortener::LinkStoreOverMemory {
 public:
  common::Task<common::Result<url_shortener::InsertManyOutcome>> insert_many(url_shortener::InsertMany many) override {
    if (away) co_return common::Error{common::Failure::unavailable, "away"};
    co_return co_await memory.insert_many(std::move(many));
  }
  bool away = false;
};

// One whose parts fail by themselves, as shards do: the links whose tags name one of `failing`.
class HalfAwayStore final : public url_shortener::LinkStoreOverMemory {
 public:
  common::Task<common::Result<url_shortener::InsertManyOutcome>> insert_many(url_shortener::InsertMany many) override {
    std::vector<url_shortener::InsertMany::Outcome> outcomes;
    for (auto& item : many.items) {
      const auto failure = failing.find(item.link.tags.at(0));
      if (failure != failing.end()) {
        outcomes.push_back(url_shortener::Failed{{failure->second, "away"}});
        continue;
      }
      url_shortener::Insert insert;
      insert.link = std::move(item.link);
      outcomes.push_back(url_shortener::of_many(co_await memory.insert(std::move(insert))));
    }
    co_return url_shortener::InsertManyOutcome{std::move(outcomes)};
  }
  std::map<std::string, common::Failure> failing;
};

}  // namespace

TEST_CASE("of a batch of which a shard is away the items say so, each by itself; when all are it is the whole answer") {
  HalfAwayStore store;
  Shortener shortener(store);
  const std::string body = R"([{"longUrl":"https://example.com/","tags":["one"]},
      {"longUrl":"https://example.com/","tags":["two"]}, {"longUrl":"https://example.com/","tags":["three"]}])";
  store.failing = {{"one", common::Failure::unavailable}, {"three", common::Failure::unknown_outcome}};
  const auto half = shortener.post("/v1/links:batch", body);
  CHECK(half.status == 207);
  CHECK(at(half, 0, "/status") == "503");
  CHECK(at(half, 1, "/status") == "201");
  CHECK(at(half, 2, "/status") == "503");
  CHECK(at(half, 2, "/error/code") == "OUTCOME_UNKNOWN");
  CHECK(at(half, 0, "/error/code") != "OUTCOME_UNKNOWN");
  CHECK(text_at(half, "/meta/created") == "1");
  CHECK(text_at(half, "/meta/refused") == "2");
  CHECK(links(shortener) == 1);
  store.failing["two"] = common::Failure::unavailable;
  const auto none = shortener.post("/v1/links:batch", body);
  CHECK(none.status == 503);
  CHECK(text_at(none, "/error/code") == "OUTCOME_UNKNOWN");
}

TEST_CASE("a batch creates every link and answers each in its place") {
  Shortener shortener;
  const auto made = shortener.post("/v1/links:batch", R"({"links":[
      {"longUrl":"https://example.com/a","tags":["x"],"maxClicks":2},
      {"longUrl":"https://example.com/b","alias":"my-talk"}]})");
  CHECK(made.status == 201);
  CHECK(at(made, 0, "/index") == "0");
  CHECK(at(made, 0, "/status") == "201");
  CHECK(at(made, 0, "/link/longUrl") == "https://example.com/a");
  CHECK(at(made, 0, "/link/tags/0") == "x");
  CHECK(at(made, 1, "/link/shortUrl") == "https://sho.rt/my-talk");
  CHECK(text_at(made, "/meta/created") == "2");
  CHECK(text_at(made, "/meta/refused") == "0");
  CHECK(shortener.get("/" + at(made, 0, "/link/shortCode")).header("Location") == "https://example.com/a");
  CHECK(shortener.get("/my-talk").status == 302);
}

TEST_CASE("a batch may be a bare array, and has the other path too") {
  Shortener shortener;
  CHECK(shortener.post("/api/v1/links:batch", R"( [{"longUrl":"https://example.com/a"}])").status == 201);
  CHECK(links(shortener) == 1);
}

TEST_CASE("refused items say why, and keep no other from being made") {
  Shortener shortener;
  shortener.shorten(R"({"longUrl":"https://example.com/","alias":"taken"})");
  const auto mixed = shortener.post("/v1/links:batch", R"({"links":[
      {"longUrl":"https://example.com/a"}, {"longUrl":"ftp://example.com/"}, 7,
      {"longUrl":"https://example.com/b","colour":1},
      {"longUrl":"https://example.com/c","alias":"taken"}, {"longUrl":"https://example.com/d","alias":"free"},
      {"longUrl":"https://example.com/e","alias":"free"}]})");
  CHECK(mixed.status == 207);
  CHECK(at(mixed, 0, "/status") == "201");
  CHECK(at(mixed, 1, "/status") == "422");
  CHECK(at(mixed, 1, "/error/code") == "URL_INVALID");
  CHECK(at(mixed, 1, "/error/details/0/field") == "longUrl");
  CHECK(at(mixed, 2, "/error/code") == "JSON_NOT_AN_OBJECT");
  CHECK(at(mixed, 3, "/error/details/0/field") == "colour");
  CHECK(at(mixed, 4, "/status") == "409");
  CHECK(at(mixed, 4, "/error/code") == "ALIAS_TAKEN");
  CHECK(at(mixed, 5, "/status") == "201");
  CHECK(at(mixed, 6, "/status") == "409");
  CHECK(text_at(mixed, "/meta/created") == "2");
  CHECK(text_at(mixed, "/meta/refused") == "5");
  CHECK(links(shortener) == 3);
}

TEST_CASE("a batch that is none is refused as a whole") {
  Shortener shortener;
  for (const std::string_view body : {"{}", R"({"links":[]})", R"({"links":{}})", "[]", R"({"links":[{}],"more":1})"}) {
    INFO(body);
    CHECK(shortener.post("/v1/links:batch", body).status == 422);
  }
  CHECK(shortener.post("/v1/links:batch", "[").status == 400);
  CHECK(shortener.post("/v1/links:batch", many(1'001)).status == 422);
  CHECK(shortener.request("POST", "/v1/links:batch", "Content-Type: text/plain\r\n", many(1)).status == 415);
  CHECK(links(shortener) == 0);
  CHECK(text_at(shortener.post("/v1/links:batch", many(1'000)), "/meta/created") == "1000");
}

TEST_CASE("links that are there are reused when that is wished") {
  Shortener shortener;
  const auto code = shortener.shorten(R"({"longUrl":"https://example.com/0"})");
  const auto again = shortener.post("/v1/links:batch", many(1, R"(,"ifExists":"reuse")"));
  CHECK(again.status == 200);
  CHECK(at(again, 0, "/status") == "200");
  CHECK(at(again, 0, "/link/shortCode") == code);
  const auto both = shortener.post("/v1/links:batch", many(2, R"(,"ifExists":"reuse")"));
  CHECK(both.status == 201);
  CHECK(text_at(both, "/meta/reused") == "1");
}

TEST_CASE("the same batch with the same key is answered as the first time, and creates nothing") {
  Shortener shortener;
  const auto first = shortener.post("/v1/links:batch", many(3), key);
  CHECK(first.status == 201);
  shortener.pass(1h);
  const auto again = shortener.post("/v1/links:batch", many(3), key);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  CHECK(links(shortener) == 3);
  CHECK(error_code(shortener.post("/v1/links:batch", many(2), key)) == "IDEMPOTENCY_KEY_REUSED");
  CHECK(shortener.post("/shorten", R"({"longUrl":"https://example.com/0"})", key).status == 201);  // another route
}

TEST_CASE("codes that others took are drawn again, for the whole batch in one transaction") {
  Shortener shortener;
  for (const auto* alias : {"00001", "00002", "00004"})
    shortener.shorten(R"({"longUrl":"https://example.com/","alias":")" + std::string(alias) + "\"}");
  const auto made = shortener.post("/v1/links:batch", many(4), key);
  CHECK(made.status == 201);
  CHECK(text_at(made, "/meta/created") == "4");
  CHECK(links(shortener) == 7);
  CHECK(shortener.post("/v1/links:batch", many(4), key).body == made.body);
}

TEST_CASE("a store that is away fails the whole batch, and the same key makes it later") {
  AwayStore store;
  Shortener shortener(store);
  store.away = true;
  CHECK(shortener.post("/v1/links:batch", many(3), key).status == 503);
  CHECK(links(shortener) == 0);
  store.away = false;
  CHECK(shortener.post("/v1/links:batch", many(3), key).status == 201);
  CHECK(links(shortener) == 3);
}

TEST_CASE("each item of a batch counts against the limit on creation") {
  Shortener shortener(*rate_limiter::parse_rate("5/1m").value());
  const auto made = shortener.post("/v1/links:batch", many(8));
  CHECK(made.status == 207);
  CHECK(text_at(made, "/meta/created") == "5");
  CHECK(at(made, 7, "/status") == "429");
  CHECK(shortener.post("/shorten", R"({"longUrl":"https://example.com/"})").status == 429);
}

TEST_CASE("a code that was looked for in vain redirects as soon as a batch has made it") {
  Shortener shortener;
  CHECK(shortener.get("/my-talk").status == 404);
  CHECK(shortener.post("/v1/links:batch", R"([{"longUrl":"https://example.com/","alias":"my-talk"}])").status == 201);
  CHECK(shortener.get("/my-talk").status == 302);
}
