// Feeds of two processes on one Redis and one PostgreSQL: paging while the other posts, a fan-out that takes long, one
// that nobody lived to finish, and Redis away.

#include "tests/cache_aside_services/asking.h"
#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres_support.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

std::string new_user(ApiClient& api) {
  const auto created = api.post("/users", R"({"name":"somebody","email":"a@example.com"})");
  REQUIRE(created.status == 201);
  return text_at(created, "/id");
}

void post(ApiClient& api, const std::string& author, const std::string& text) {
  REQUIRE(api.post("/posts", R"({"authorId":)" + author + R"(,"text":")" + text + R"("})").status == 201);
}

Texts texts(const RawResponse& page) {
  Texts found;
  const auto document = json_of(page);
  for (const auto& each : document.at("data").as_array())
    found.emplace_back(std::string(each.at("text").as_string()));
  return found;
}

// A reader who follows some authors, and two processes that know of each other by Redis and PostgreSQL alone.
struct Place {
  std::unique_ptr<Schema> schema = new_schema();
  RedisProcess redis;
  std::vector<std::string> flags;
  std::optional<ServerProcess> server;
  std::optional<ApiClient> api;
  std::string reader;
  Texts authors;

  explicit Place(Texts more) : flags{"--store", schema->url(), "--cache", redis.url()} {
    flags.insert(flags.end(), more.begin(), more.end());
    server.emplace(flags, Environment{}, "cache_aside");
    api.emplace(server->port());
    reader = new_user(*api);
    for (int i = 0; i < 3; ++i) {
      authors.push_back(new_user(*api));
      follow(reader, authors.back());
    }
    follow(authors[0], authors[1]);  // two followers: a celebrity, where that counts
  }
  void follow(const std::string& follower, const std::string& followee) {
    REQUIRE(api->request("POST", "/users/" + follower + "/follow/" + followee, {}).status == 204);
  }
  RawResponse page(const std::string& query = "") { return api->get("/feed/" + reader + query); }
  // Until feeds are kept: Redis settles after its start.
  bool is_cached() {
    return eventually(10s, [&] { return page().header("X-Cache") == "hit"; });
  }
  bool has(const Texts& wanted) {
    return eventually(10s, [&] { return texts(page()) == wanted; });
  }
};

bool is_there() {
  return RedisProcess::is_there() && new_schema() != nullptr;
}

}  // namespace

TEST_CASE("paging over Redis and PostgreSQL neither skips nor repeats a post while another process posts") {
  if (!is_there()) return;
  for (const std::string fanout : {"write", "read", "hybrid"}) {
    INFO(fanout);
    Place place({"--fanout", fanout, "--celebrity-followers", "2", "--feed-entries", "12"});
    ServerProcess other(place.flags, {}, "cache_aside");
    ApiClient at_other(other.port());
    REQUIRE(place.is_cached());
    Texts expected;
    for (std::size_t i = 0; i < 30; ++i) {
      expected.insert(expected.begin(), "post " + std::to_string(i));
      post(at_other, place.authors[i % 3], expected.front());
    }
    const Texts newest(expected.begin(), expected.begin() + 20);
    REQUIRE(place.has(newest));
    Texts found;
    Texts later;
    std::string cursor;
    for (int pages = 0; pages < 20 && cursor != "null"; ++pages) {
      const auto page = place.page("?limit=4" + (cursor.empty() ? "" : "&cursor=" + cursor));
      for (auto& text : texts(page))
        found.push_back(std::move(text));
      cursor = text_at(page, "/meta/nextCursor");
      later.insert(later.begin(), "later " + std::to_string(pages));
      post(at_other, place.authors[static_cast<std::size_t>(pages) % 3], later.front());
    }
    CHECK(found == expected);
    Texts all = later;
    all.insert(all.end(), expected.begin(), expected.end());
    all.resize(20);
    CHECK(place.has(all));
  }
}

TEST_CASE("a long fan-out is left to its process, and to the others when that dies") {
  if (!is_there()) return;
  Place place({});
  REQUIRE(place.is_cached());
  auto slow = place.flags;
  slow.insert(slow.end(), {"--store-delay", "400ms"});  // of each query, also of its fan-out
  ServerProcess poster(slow, {}, "cache_aside");
  ApiClient at_poster(poster.port());
  post(at_poster, place.authors[2], "slowly");
  CHECK(texts(place.page()).empty());
  CHECK(place.has({"slowly"}));
  CHECK(
      eventually(5s, [&] { return place.schema->ask("SELECT count(*) FROM invalidations WHERE NOT settled") == "0"; }));
  CHECK(metric(*place.api, "invalidations_replayed_total") == 0);

  post(at_poster, place.authors[2], "my last");
  poster.kill();
  CHECK(texts(place.page()) == Texts{"slowly"});
  CHECK(place.has({"my last", "slowly"}));
  CHECK(eventually(5s, [&] { return metric(*place.api, "invalidations_replayed_total") == 1; }));
  CHECK(
      eventually(5s, [&] { return place.schema->ask("SELECT count(*) FROM invalidations WHERE NOT settled") == "0"; }));
}

TEST_CASE("a feed says miss when a part of it came from the database, and bypass while Redis is away") {
  if (!is_there()) return;
  Place place({"--feed-entries", "2"});
  REQUIRE(place.is_cached());
  for (int i = 0; i < 4; ++i)
    post(*place.api, place.authors[0], std::to_string(i));
  REQUIRE(place.has({"3", "2", "1", "0"}));
  CHECK(place.page("?limit=1").header("X-Cache") == "hit");
  CHECK(place.page("?limit=3").header("X-Cache") == "miss");
  place.redis.kill();
  CHECK(eventually(5s, [&] { return place.page().header("X-Cache") == "bypass"; }));
  CHECK(texts(place.page()) == Texts{"3", "2", "1", "0"});
}
