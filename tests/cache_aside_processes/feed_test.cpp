// Feeds through the real program, with each fan-out.

#include <array>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/herd.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

std::uint64_t new_user(ApiClient& api) {
  const auto created = api.post("/users", R"({"name":"somebody","email":"a@example.com"})");
  REQUIRE(created.status == 201);
  return std::stoull(text_at(created, "/id"));
}

RawResponse post(ApiClient& api, std::uint64_t author, const std::string& text) {
  const auto created = api.post("/posts", R"({"authorId":)" + std::to_string(author) + R"(,"text":")" + text + R"("})");
  REQUIRE(created.status == 201);
  return created;
}

void follow(ApiClient& api, std::uint64_t follower, std::uint64_t followee) {
  const auto path = "/users/" + std::to_string(follower) + "/follow/" + std::to_string(followee);
  REQUIRE(api.request("POST", path, {}).status == 204);
}

std::string feed_path(std::uint64_t user) {
  return "/feed/" + std::to_string(user);
}

std::vector<std::string> texts(const RawResponse& page) {
  const auto document = json_of(page);
  std::vector<std::string> found;
  for (const auto& each : document.at("data").as_array())
    found.emplace_back(std::string(each.at("text").as_string()));
  return found;
}

// All pages, `limit` posts each; `between()` runs after each.
template <class Between>
std::vector<std::string> all_pages(ApiClient& api, std::uint64_t user, int limit, Between between) {
  std::vector<std::string> found;
  std::string cursor;
  for (int page = 0; page < 100; ++page) {
    const auto answer = api.get(feed_path(user) + "?limit=" + std::to_string(limit) + cursor);
    REQUIRE(answer.status == 200);
    for (auto& text : texts(answer))
      found.push_back(std::move(text));
    const std::string next = text_at(answer, "/meta/nextCursor");
    if (next == "null") return found;
    cursor = "&cursor=" + next;
    between();
  }
  FAIL("more pages than posts");
  return found;
}

const std::vector<std::vector<std::string>> fanouts = {
    {"--fanout", "write"}, {"--fanout", "read"}, {"--fanout", "hybrid", "--celebrity-followers", "2"}};

}  // namespace

TEST_CASE("a feed holds the posts of those one follows, newest first, and changes with them") {
  for (auto flags : fanouts) {
    INFO(flags[1]);
    flags.insert(flags.end(), {"--store", "memory"});
    ServerProcess server(flags, {}, "cache_aside");
    ApiClient api(server.port());
    const auto reader = new_user(api);
    const auto friend_ = new_user(api);
    const auto star = new_user(api);
    const auto stranger = new_user(api);
    const auto has = [&](std::vector<std::string> wanted) {
      const bool same = eventually(5s, [&] { return texts(api.get(feed_path(reader))) == wanted; });
      if (!same) WARN(api.get(feed_path(reader)).body);
      return same;
    };
    CHECK(has({}));
    post(api, friend_, "before");
    follow(api, reader, friend_);
    CHECK(has({"before"}));
    follow(api, reader, star);
    follow(api, stranger, star);  // two followers: a celebrity, where that counts
    const auto first = post(api, star, "from the star");
    post(api, friend_, "from a friend");
    post(api, stranger, "from a stranger");
    CHECK(has({"from a friend", "from the star", "before"}));
    CHECK(api.get(feed_path(reader)).header("X-Cache") == "hit");

    const auto edited = api.patch(first.header("Location"), R"({"text":"corrected"})", if_match(first));
    CHECK(edited.status == 200);
    CHECK(has({"from a friend", "corrected", "before"}));
    CHECK(api.remove(first.header("Location"), if_match(edited)).status == 204);
    CHECK(has({"from a friend", "before"}));
    const auto path = "/users/" + std::to_string(reader) + "/follow/" + std::to_string(friend_);
    CHECK(api.remove(path).status == 204);
    CHECK(has({}));
    post(api, star, "again");
    CHECK(has({"again"}));
    CHECK(api.remove("/users/" + std::to_string(star)).status == 204);
    CHECK(has({}));
  }
}

TEST_CASE("paging neither skips nor repeats a post while others are posted and deleted") {
  for (auto flags : fanouts) {
    INFO(flags[1]);
    // Fewer entries than posts: the last pages come from the database.
    flags.insert(flags.end(), {"--store", "memory", "--feed-entries", "12"});
    ServerProcess server(flags, {}, "cache_aside");
    ApiClient api(server.port());
    const auto reader = new_user(api);
    std::vector<std::uint64_t> authors;
    for (int i = 0; i < 3; ++i) {
      authors.push_back(new_user(api));
      follow(api, reader, authors.back());
    }
    follow(api, authors[0], authors[1]);  // the second is a celebrity, where that counts
    std::vector<std::string> expected;
    std::vector<RawResponse> posted;
    for (int i = 0; i < 30; ++i) {
      expected.insert(expected.begin(), "post " + std::to_string(i));
      posted.push_back(post(api, authors[static_cast<std::size_t>(i) % 3], expected.front()));
    }
    api.get(feed_path(reader));
    // Between two pages: a new one, one deleted that has been shown, and one that has not.
    constexpr std::array shown{28, 24, 21, 16, 11};
    constexpr std::array ahead{20, 15, 10, 5, 0};
    const auto without = [](std::vector<std::string> from, const auto& numbers) {
      for (const int number : numbers)
        std::erase(from, "post " + std::to_string(number));
      return from;
    };
    std::vector<std::string> later;
    const auto found = all_pages(api, reader, 4, [&] {
      const std::size_t i = later.size();
      later.insert(later.begin(), "later " + std::to_string(i));
      post(api, authors[i % 3], later.front());
      for (const int number : {shown.at(i % 5), ahead.at(i % 5)})
        if (i < 5) CHECK(api.remove(posted[static_cast<std::size_t>(number)].header("Location")).status == 204);
    });
    CHECK(later.size() == 6);
    CHECK(found == without(expected, ahead));
    auto left = later;
    for (const auto& text : without(found, shown))
      left.push_back(text);
    CHECK(eventually(5s, [&] { return all_pages(api, reader, 5, [] {}) == left; }));
  }
}

TEST_CASE("many who read one cold feed at once wait for one rebuild, unless the herd is asked for") {
  for (const std::string stampede : {"single_flight", "none"}) {
    INFO(stampede);
    ServerProcess server({"--store", "memory", "--store-delay", "100ms", "--stampede", stampede}, {}, "cache_aside");
    ApiClient api(server.port());
    const auto reader = new_user(api);
    const auto author = new_user(api);
    follow(api, reader, author);
    post(api, author, "hello");
    constexpr std::uint64_t many = 100;
    std::vector<RawClient> clients;
    for (std::uint64_t i = 0; i < many; ++i)
      clients.emplace_back(server.port());
    const auto before = database_queries(server.port());
    for (auto& client : clients)
      client.send("GET " + feed_path(reader) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    for (auto& client : clients)
      CHECK(texts(client.response()) == std::vector<std::string>{"hello"});
    const auto queries = database_queries(server.port()) - before;
    if (stampede == "none") CHECK(queries > 2 * many);
    if (stampede != "none") CHECK(queries <= 6);  // the reader, whom it follows, the feed at most twice, the post
  }
}

TEST_CASE("without a cache a feed is read from the database each time, and says so") {
  ServerProcess server({"--store", "memory", "--cache", "none"}, {}, "cache_aside");
  ApiClient api(server.port());
  const auto reader = new_user(api);
  const auto author = new_user(api);
  follow(api, reader, author);
  post(api, author, "hello");
  for (int i = 0; i < 2; ++i) {
    const auto before = database_queries(server.port());
    const auto page = api.get(feed_path(reader));
    CHECK(texts(page) == std::vector<std::string>{"hello"});
    CHECK(page.header("X-Cache") == "bypass");
    CHECK(database_queries(server.port()) - before >= 4);
  }
}

TEST_CASE("who comes back finds a feed, however long ago it was cached, and other processes' posts are in it") {
  TempFolder folder;
  const std::vector<std::string> flags{"--data", folder.path().string(), "--feed-ttl", "1s"};
  std::uint64_t reader = 0;
  {
    ServerProcess server(flags, {}, "cache_aside");
    ApiClient api(server.port());
    reader = new_user(api);
    const auto author = new_user(api);
    follow(api, reader, author);
    post(api, author, "old");
  }
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two({"--data", folder.path().string()}, {}, "cache_aside");
  ApiClient at_one(one.port());
  ApiClient at_two(two.port());
  CHECK(texts(at_one.get(feed_path(reader))) == std::vector<std::string>{"old"});
  CHECK(texts(at_two.get(feed_path(reader))) == std::vector<std::string>{"old"});
  post(at_one, reader + 1, "new");
  CHECK(eventually(5s, [&] { return texts(at_two.get(feed_path(reader))) == std::vector<std::string>{"new", "old"}; }));
}

TEST_CASE("a post that was acknowledged reaches its readers although the process died at once") {
  TempFolder folder;
  const std::vector<std::string> flags{"--data", folder.path().string()};
  ServerProcess readers(flags, {}, "cache_aside");
  ApiClient api(readers.port());
  const auto reader = new_user(api);
  const auto author = new_user(api);
  follow(api, reader, author);
  CHECK(texts(api.get(feed_path(reader))).empty());
  {
    ServerProcess doomed(flags, {}, "cache_aside");
    ApiClient at_doomed(doomed.port());
    post(at_doomed, author, "my last");
    doomed.kill();
  }
  CHECK(eventually(10s, [&] { return texts(api.get(feed_path(reader))) == std::vector<std::string>{"my last"}; }));
}
