#include <string>

#include "common/text.h"
#include "tests/url_shortener/shortener_under_test.h"
#include "url_shortener/base62.h"

using namespace testing;

namespace {

constexpr std::string_view some_url = R"({"longUrl":"https://example.com/a"})";

// The fields that a 422 names.
std::string fields_of(const RawResponse& response) {
  std::string fields;
  const auto value = json_of(response);
  for (const auto& detail : value.at_pointer("/error/details").as_array()) {
    if (!fields.empty()) fields += ' ';
    fields += detail.at("field").as_string().c_str();
  }
  return fields;
}

std::string with_alias(std::string_view alias) {
  return R"({"longUrl":"https://example.com","alias":)" + common::json_quote(alias) + "}";
}

// Proposes the same code for ever.
class StubbornGenerator final : public url_shortener::CodeGenerator {
 public:
  common::Task<common::Result<std::string>> next(std::string_view, url_shortener::CodeAttempt) override {
    ++asked;
    co_return "always";
  }
  unsigned asked = 0;
};

// A store that is away.
class BrokenStore final : public url_shortener::LinkStore {
 public:
  using Links = std::vector<url_shortener::Link>;
  common::Task<common::Result<url_shortener::InsertOutcome>> insert(url_shortener::Insert) override {
    co_return away();
  }
  common::Task<common::Result<std::optional<url_shortener::IdempotentAnswer>>> find_answer(std::string, std::string,
                                                                                           common::TimePoint) override {
    co_return away();
  }
  common::Task<common::Result<std::optional<url_shortener::Link>>> find(std::string) override { co_return away(); }
  common::Task<common::Result<Click>> take_click(std::string, common::TimePoint) override { co_return away(); }
  common::Task<common::Result<url_shortener::EditOutcome>> edit(std::string, url_shortener::Edit,
                                                                std::optional<std::uint64_t>) override {
    co_return away();
  }
  common::Task<common::Result<url_shortener::EditOutcome>> remove(std::string, std::optional<std::uint64_t>) override {
    co_return away();
  }
  common::Task<common::Result<Links>> list(url_shortener::ListQuery) override { co_return away(); }

 private:
  static common::Error away() { return {common::Failure::unavailable, "disk at secret.example is full"}; }
};

}  // namespace

TEST_CASE("a created link is answered with every field and no other") {
  Shortener shortener;  // its clock says 2025-06-15T15:06:40Z
  const auto created = shortener.post(
      "/shorten",
      R"({"longUrl":"HTTP://Example.COM:80","alias":"talk","ttlSeconds":60,"maxClicks":3,"tags":["b","a","b"]})");
  CHECK(created.status == 201);
  CHECK(created.header("Location") == "https://sho.rt/talk");
  CHECK(created.header("ETag") == "\"1\"");
  CHECK(created.header("Content-Type") == "application/json");
  CHECK(json_of(created) == common::parse_json(R"({
    "shortCode": "talk", "shortUrl": "https://sho.rt/talk", "longUrl": "http://example.com/",
    "createdAt": "2025-06-15T15:06:40.000Z", "expiresAt": "2025-06-15T15:07:40.000Z",
    "maxClicks": 3, "tags": ["a", "b"]})")
                                .value());

  const auto plain = shortener.post("/shorten", some_url);
  CHECK(json_of(plain) == common::parse_json(R"({
    "shortCode": "00000", "shortUrl": "https://sho.rt/00000", "longUrl": "https://example.com/a",
    "createdAt": "2025-06-15T15:06:40.000Z", "expiresAt": null, "maxClicks": null, "tags": []})")
                              .value());
}

TEST_CASE("what a link reads back is what its creation answered") {
  Shortener shortener;
  const auto created = shortener.post("/shorten", some_url);
  const auto read = shortener.get("/v1/links/" + text_at(created, "/shortCode"));
  CHECK(read.status == 200);
  CHECK(read.body == created.body);
  CHECK(read.header("ETag") == created.header("ETag"));
  CHECK(shortener.get("/v1/links/00000", "If-None-Match: \"1\"\r\n").status == 304);
  CHECK(shortener.get("/v1/links/00000", "If-None-Match: \"2\"\r\n").status == 200);
  CHECK(error_code(shortener.get("/v1/links/nobody")) == "LINK_NOT_FOUND");
}

TEST_CASE("every refused field of a new link is named, all at once") {
  Shortener shortener;
  const auto refused = shortener.post(
      "/shorten", R"({"alias":"x","ttlSeconds":0,"maxClicks":-1,"tags":[""],"ifExists":"no","color":"red"})");
  CHECK(refused.status == 422);
  CHECK(fields_of(refused) == "color longUrl alias ttlSeconds maxClicks tags ifExists ifExists");
  CHECK(refused.body.find("accepted: longUrl, alias, ttlSeconds, expiresAt, maxClicks, tags, "
                          "ifExists") != std::string::npos);
}

TEST_CASE("numbers of a new link have their ranges") {
  Shortener shortener;
  const auto status = [&](std::string_view member) {
    return shortener.post("/shorten", R"({"longUrl":"https://example.com",)" + std::string(member) + "}").status;
  };
  for (const auto* member :
       {R"("ttlSeconds":1)", R"("ttlSeconds":3162240000)", R"("maxClicks":1)", R"("maxClicks":1000000000000)",
        R"("ttlSeconds":null)", R"("tags":[])", R"("tags":null)", R"("expiresAt":"2025-06-15T17:06:41+02:00")"}) {
    INFO(member);
    CHECK(status(member) == 201);
  }
  for (const auto* member :
       {R"("ttlSeconds":0)", R"("ttlSeconds":3162240001)", R"("ttlSeconds":1.5)", R"("ttlSeconds":"60")",
        R"("ttlSeconds":1e3)", R"("ttlSeconds":99999999999999999999)", R"("maxClicks":0)",
        R"("maxClicks":1000000000001)", R"("maxClicks":true)", R"("expiresAt":"2025-06-15T15:06:40Z")",
        R"("expiresAt":"tomorrow")", R"("expiresAt":1750000000)",
        R"("expiresAt":"2030-01-01T00:00:00Z","ttlSeconds":60)", R"("tags":"a")", R"("tags":[1])",
        R"("tags":["a\u0000"])", R"("tags":["\t"])", R"("ifExists":"reuse","alias":"talk")"}) {
    INFO(member);
    CHECK(status(member) == 422);
  }
}

TEST_CASE("at most sixteen tags of at most 64 bytes") {
  Shortener shortener;
  const auto with_tags = [&](std::size_t count, std::size_t bytes) {
    common::json::array tags;
    for (std::size_t i = 0; i < count; ++i) {
      tags.emplace_back(std::string(bytes - 1, 'x') + static_cast<char>('a' + i));
    }
    common::json::object body{{"longUrl", "https://example.com"}, {"tags", tags}};
    return shortener.post("/shorten", common::json::serialize(body)).status;
  };
  CHECK(with_tags(16, 64) == 201);
  CHECK(with_tags(17, 64) == 422);
  CHECK(with_tags(16, 65) == 422);
}

TEST_CASE("an alias has a form, is no reserved word, and is given out once") {
  Shortener shortener;
  for (const auto* alias : {"abc", "A-_9", "abcdefghijklmnopqrstuvwxyz012345", "Talk"}) {
    INFO(alias);
    CHECK(shortener.post("/shorten", with_alias(alias)).status == 201);
    const auto again = shortener.post("/shorten", with_alias(alias));
    CHECK(again.status == 409);
    CHECK(error_code(again) == "ALIAS_TAKEN");
  }
  CHECK(shortener.post("/shorten", with_alias("talk")).status == 201);  // case tells codes apart
  for (const auto* alias : {"", "ab", "abcdefghijklmnopqrstuvwxyz0123456", "a b", "a/b", "a.b", "a+b", "a%41",
                            "caf\xC3\xA9", "metrics", "HEALTHZ", "Shorten", "api", "v1"}) {
    INFO(alias);
    const auto refused = shortener.post("/shorten", with_alias(alias));
    CHECK(refused.status == 422);
    CHECK(fields_of(refused) == "alias");
  }
}

TEST_CASE("the first segment of every route is reserved: no alias can stand in its way") {
  Shortener shortener;
  for (const auto& route : shortener.app.router().routes()) {
    const auto first = route->pattern.substr(0, route->pattern.find('/', 1));
    if (first.size() < 2 || first[0] != '/' || first[1] == '{') continue;
    INFO(route->pattern);
    const auto alias = first.substr(1);
    CHECK(shortener.post("/shorten", with_alias(alias)).status == 422);
  }
}

TEST_CASE("a code that meets an alias gives way to the next one") {
  Shortener shortener;
  shortener.shorten(with_alias("00000"));
  shortener.shorten(with_alias("00001"));
  CHECK(shortener.shorten(some_url) == "00002");
  CHECK(text_at(shortener.get("/v1/links/00000"), "/longUrl") == "https://example.com/");
}

TEST_CASE("when every proposed code is taken the answer is 503, after a bounded number of tries") {
  StubbornGenerator codes;
  Shortener shortener(codes);
  shortener.shorten(some_url);
  const auto full = shortener.post("/shorten", some_url);
  CHECK(full.status == 503);
  CHECK(error_code(full) == "CODES_EXHAUSTED");
  CHECK(full.has("Retry-After"));
  CHECK(codes.asked == 1 + 64);
}

// Everybody knows a counter's next codes.
TEST_CASE("a counter walks past more aliases than a generator of chance would") {
  Shortener shortener;
  for (int i = 0; i < 300; ++i)
    shortener.shorten(with_alias(url_shortener::base62::encode(static_cast<std::uint64_t>(i), 5)));
  CHECK(shortener.shorten(some_url) == url_shortener::base62::encode(300, 5));
}

TEST_CASE("ifExists finds the live link of that URL, in any spelling") {
  Shortener shortener;
  const auto reuse = [&](std::string_view url) {
    return shortener.post("/shorten", R"({"ifExists":"reuse","longUrl":")" + std::string(url) + "\"}");
  };
  const auto first = reuse("https://example.com/a");
  CHECK(first.status == 201);
  const auto again = reuse("HTTPS://EXAMPLE.com:443/a");
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(again.header("Location") == first.header("Location"));
  CHECK(reuse("https://example.com/b").status == 201);
  CHECK(shortener.post("/shorten", some_url).status == 201);  // not asked for

  shortener.shorten(R"({"longUrl":"https://example.com/soon-gone","ttlSeconds":1})");
  shortener.pass(1s);
  CHECK(reuse("https://example.com/soon-gone").status == 201);
}

TEST_CASE("a store that is away is 503, and its reasons stay here") {
  BrokenStore store;
  Shortener shortener(store);
  const auto check_unavailable = [](const RawResponse& answer) {
    CHECK(answer.status == 503);
    CHECK(answer.has("Retry-After"));
    CHECK(answer.body.find("secret") == std::string::npos);
  };
  check_unavailable(shortener.post("/shorten", some_url));
  check_unavailable(shortener.get("/abc"));
  check_unavailable(shortener.get("/abc+"));
  check_unavailable(shortener.get("/v1/links"));
  check_unavailable(shortener.get("/v1/links/abc"));
  check_unavailable(shortener.get("/v1/links/abc/stats"));
  check_unavailable(shortener.patch("/v1/links/abc", "{}", "If-Match: *\r\n"));
  check_unavailable(shortener.request("DELETE", "/v1/links/abc"));
}

TEST_CASE("whose creations are counted together: a user's, or those of a customer's addresses, never both") {
  const auto client = [](std::string_view address, std::string subject) {
    common::http::Request request;
    request.peer_address = address;
    request.subject = std::move(subject);
    return url_shortener::client_of(request);
  };
  CHECK(client("192.0.2.1", "") != client("192.0.2.2", ""));
  CHECK(client("2001:db8:0:1::1", "") == client("2001:db8:0:2::7", ""));  // one prefix
  CHECK(client("2001:db8:0:1::1", "") != client("2001:db9::1", ""));
  CHECK(client("192.0.2.1", "alice") == client("192.0.2.2", "alice"));
  CHECK(client("192.0.2.9", "192.0.2.1") != client("192.0.2.1", ""));  // a name that looks like an address
}
