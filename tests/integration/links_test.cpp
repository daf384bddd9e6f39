// The life of a link, through the real program: created, read, followed, edited, deleted.

#include <string>

#include "common/text.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;

TEST_CASE("a link's whole life, with either store and cache") {
  const std::vector<std::vector<std::string>> kinds = {
      {}, {"--store", "memory"}, {"--cache", "none"}, {"--store", "memory", "--cache", "none"}};
  for (const auto& flags : kinds) {
    INFO((flags.empty() ? "defaults" : flags[0] + " " + flags[1]));
    ServerProcess server(flags);
    ApiClient api(server.port());

    const auto created = api.post(
        "/shorten", R"({"longUrl":"https://Example.com/a","alias":"talk","ttlSeconds":3600,"tags":["b","a"]})");
    REQUIRE(created.status == 201);
    CHECK(created.header("Location") == server.url() + "/talk");
    CHECK(created.header("ETag") == "\"1\"");
    CHECK(created.header("Content-Type") == "application/json");
    CHECK(created.has("Date"));
    const auto link = json_of(created).as_object();
    CHECK(link.size() == 7);
    CHECK(link.at("shortCode") == "talk");
    CHECK(link.at("shortUrl").as_string() == server.url() + "/talk");
    CHECK(link.at("longUrl") == "https://example.com/a");
    CHECK(link.at("maxClicks").is_null());
    CHECK(link.at("tags") == common::json::array{"a", "b"});
    const auto created_at = common::parse_rfc3339(text_at(created, "/createdAt"));
    const auto expires_at = common::parse_rfc3339(text_at(created, "/expiresAt"));
    REQUIRE((created_at && expires_at));
    CHECK(*expires_at - *created_at == 3600s);

    CHECK(api.get("/v1/links/talk").body == created.body);
    CHECK(api.get("/api/v1/links/talk").body == created.body);
    for (int i = 0; i < 3; ++i) {
      const auto followed = api.get("/talk");
      CHECK(followed.status == 302);
      CHECK(followed.header("Location") == "https://example.com/a");
      CHECK(followed.header("Cache-Control") == "private, no-cache");
    }
    const auto head = api.head("/talk");
    CHECK(head.status == 302);
    CHECK(head.header("Location") == "https://example.com/a");
    CHECK(api.get("/talk+").body.find("https://example.com/a") != std::string::npos);

    CHECK(api.post("/shorten", R"({"longUrl":"https://example.com","alias":"talk"})").status == 409);
    CHECK(api.patch("/v1/links/talk", R"({"tags":[]})").status == 428);
    CHECK(api.patch("/v1/links/talk", R"({"tags":[]})", "If-Match: \"9\"\r\n").status == 412);
    const auto edited =
        api.patch("/v1/links/talk", R"({"longUrl":"https://example.com/b","expiresAt":null})", if_match(created));
    CHECK(edited.status == 200);
    CHECK(edited.header("ETag") == "\"2\"");
    CHECK(text_at(edited, "/expiresAt") == "null");
    CHECK(text_at(edited, "/tags") == R"(["a","b"])");
    CHECK(api.get("/talk").header("Location") == "https://example.com/b");

    CHECK(api.remove("/v1/links/talk", if_match(created)).status == 412);
    CHECK(api.remove("/v1/links/talk", if_match(edited)).status == 204);
    for (const auto* path : {"/talk", "/talk+", "/v1/links/talk"}) {
      CHECK(api.get(path).status == 410);
      CHECK(error_code(api.get(path)) == "LINK_DELETED");
    }
    CHECK(api.head("/talk").status == 410);
    CHECK(api.get("/nobody").status == 404);
    CHECK(server.terminate() == 0);
  }
}

TEST_CASE("every way to make codes makes links that work, of the length asked for") {
  for (const std::string codes :
       {"permuted_counter", "counter", "counter_block", "snowflake", "random", "hash", "key_pool"}) {
    INFO(codes);
    std::vector<std::string> flags{"--store", "memory", "--codes", codes};
    if (codes != "snowflake") flags.insert(flags.end(), {"--code-length", "9"});
    ServerProcess server(flags);
    ApiClient api(server.port());
    for (int i = 0; i < 20; ++i) {
      const auto url = "https://example.com/" + std::to_string(i);
      const auto code = api.shorten_url(url);
      CHECK(code.size() == (codes == "snowflake" ? 10 : 9));
      CHECK(api.get("/" + code).header("Location") == url);
    }
  }
}

TEST_CASE("how long a redirect may be remembered depends on its status and its end") {
  for (const std::string status : {"301", "302", "307", "308"}) {
    INFO(status);
    ServerProcess server({"--store", "memory", "--redirect", status});
    ApiClient api(server.port());
    const bool permanent = status == "301" || status == "308";
    const auto control = [&](const std::string& members) {
      const auto code = api.shorten(R"({"longUrl":"https://example.com")" + members + "}");
      const auto answer = api.get("/" + code);
      CHECK(std::to_string(answer.status) == status);
      return answer.header("Cache-Control");
    };
    CHECK(control("") == (permanent ? "private, max-age=90" : "private, no-cache"));
    CHECK(control(R"(,"maxClicks":9)") == "no-store");
    const auto brief = control(R"(,"ttlSeconds":30)");
    if (permanent) {
      INFO(brief);
      REQUIRE(brief.starts_with("private, max-age="));
      const int left = std::stoi(brief.substr(brief.find('=') + 1));
      CHECK(left <= 30);
      CHECK(left >= 15);  // on a busy machine time passes
    } else {
      CHECK(brief == "private, no-cache");
    }
  }
}

TEST_CASE("a link expires by itself, and counts its clicks down") {
  ServerProcess server;
  ApiClient api(server.port());
  api.shorten(R"({"longUrl":"https://example.com","alias":"brief","ttlSeconds":1})");
  api.shorten(R"({"longUrl":"https://example.com","alias":"twice","maxClicks":2})");
  CHECK(api.get("/twice").status == 302);
  CHECK(api.head("/twice").status == 302);
  CHECK(api.get("/twice").status == 302);
  CHECK(error_code(api.get("/twice")) == "LINK_USED_UP");
  int status = 302;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (status == 302 && std::chrono::steady_clock::now() < deadline) {
    status = api.get("/brief").status;
  }
  CHECK(status == 410);
  CHECK(error_code(api.get("/brief")) == "LINK_EXPIRED");
}

TEST_CASE("an existing link of the same URL is found when asked for") {
  ServerProcess server;
  ApiClient api(server.port());
  const auto reuse = R"({"longUrl":"https://example.com/same","ifExists":"reuse"})";
  const auto first = api.post("/shorten", reuse);
  CHECK(first.status == 201);
  const auto again = api.post("/shorten", reuse);
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(api.post("/shorten", R"({"longUrl":"https://example.com/same"})").status == 201);
}

TEST_CASE("the list is paged by cursor and filtered by tag") {
  ServerProcess server;
  ApiClient api(server.port());
  for (int i = 0; i < 25; ++i) {
    const std::string tag = i % 5 == 0 ? "fifth" : "other";
    api.shorten(R"({"longUrl":"https://example.com","tags":[")" + tag + "\"]}");
  }
  std::size_t seen = 0;
  std::string cursor;
  int pages = 0;
  for (; cursor != "null" && pages < 10; ++pages) {
    const auto page = api.get("/v1/links?limit=10" + (cursor.empty() ? "" : "&cursor=" + cursor));
    REQUIRE(page.status == 200);
    seen += json_of(page).at("data").as_array().size();
    cursor = text_at(page, "/meta/nextCursor");
  }
  CHECK(pages == 3);
  CHECK(seen == 25);
  CHECK(json_of(api.get("/v1/links?tag=fifth")).at("data").as_array().size() == 5);
  CHECK(api.get("/v1/links?limit=0").status == 422);
  CHECK(api.get("/v1/links?cursor=x").status == 422);
}

TEST_CASE("a --base-url is what short URLs begin with, and no link may lead there") {
  ServerProcess server({"--store", "memory", "--base-url", "https://sho.rt/"});
  ApiClient api(server.port());
  const auto created = api.post("/shorten", R"({"longUrl":"https://example.com","alias":"talk"})");
  CHECK(created.header("Location") == "https://sho.rt/talk");
  CHECK(text_at(created, "/shortUrl") == "https://sho.rt/talk");
  for (const auto* url : {"https://sho.rt/talk", "http://SHO.RT", "https://sho.rt:443/x"}) {
    INFO(url);
    const auto refused = api.post("/shorten", R"({"longUrl":")" + std::string(url) + "\"}");
    CHECK(refused.status == 422);
    CHECK(error_code(refused) == "URL_INVALID");
  }
}

TEST_CASE("links outlive the process, with sqlite") {
  const TempFolder data;
  std::string code;
  for (int life = 0; life < 3; ++life) {
    ServerProcess server({"--data", data.path()});
    ApiClient api(server.port());
    if (life == 0) code = api.shorten_url("https://example.com/kept");
    CHECK(api.get("/" + code).header("Location") == "https://example.com/kept");
    CHECK(server.terminate() == 0);
  }
}
