// Two shorteners with a Redis in front of their store, while it freezes, thaws, dies and comes back.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// Clients that follow links without a pause, and remember what went wrong and what took longest.
class Followers {
 public:
  Followers(std::uint16_t port, std::vector<std::string> codes, int clients) {
    for (int i = 0; i < clients; ++i)
      threads_.emplace_back([this, port, codes, i] { follow(port, codes, static_cast<std::size_t>(i)); });
  }
  ~Followers() {
    stop_ = true;
    for (auto& thread : threads_)
      thread.join();
  }

  // What was seen since the last time. A redirect that is under way counts when it ends.
  struct Seen {
    std::uint64_t followed = 0;
    std::uint64_t failed = 0;
    std::chrono::milliseconds slowest{0};
  };
  Seen take() {
    return {followed_.exchange(0), failed_.exchange(0), std::chrono::milliseconds{slowest_ms_.exchange(0)}};
  }
  // The same after so long.
  Seen watch(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);  // so long they are watched
    return take();
  }

 private:
  void follow(std::uint16_t port, const std::vector<std::string>& codes, std::size_t next) {
    ApiClient api(port);
    for (; !stop_; ++next) {
      const auto start = Clock::now();
      const bool right = api.get("/" + codes[next % codes.size()]).status == 302;
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
      (right ? followed_ : failed_).fetch_add(1);
      for (auto slowest = slowest_ms_.load(); took > slowest && !slowest_ms_.compare_exchange_weak(slowest, took);) {
      }
    }
  }

  std::vector<std::thread> threads_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> followed_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::int64_t> slowest_ms_ = 0;
};

double metric(ApiClient& api, const std::string& name) {
  const std::string text = api.get("/metrics").body;
  const auto at = text.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + name.size() + 2));
}

}  // namespace

TEST_CASE("a Redis that freezes or dies costs redirects a moment, and none of them fails") {
  if (!RedisProcess::is_there()) return;
  RedisProcess redis;
  const TempFolder data;
  constexpr auto deadline = 300ms;
  ServerProcess server({"--data", data.path().string(), "--cache", redis.url(), "--redis-timeout", "300ms"});
  ApiClient api(server.port());
  std::vector<std::string> codes;
  for (int i = 0; i < 20; ++i)
    codes.push_back(api.shorten_url("https://example.com/" + std::to_string(i)));
  const auto is_up = [&] { return metric(api, "link_cache_redis_up") == 1; };

  Followers followers(server.port(), codes, 8);
  REQUIRE(eventually(10s, [&] { return metric(api, "link_cache_redis_hits_total") > 100; }));

  // Every question to Redis ends as one of these.
  const auto questions = [&] {
    return metric(api, "link_cache_redis_hits_total") + metric(api, "link_cache_redis_misses_total") +
           metric(api, "link_cache_redis_failures_total");
  };
  const auto outage = [&](auto begin, auto end) {
    CHECK(followers.take().failed == 0);
    begin();
    REQUIRE(eventually(10s, [&] { return !is_up(); }));
    const auto during = followers.watch(2 * deadline);  // those that asked before the breaker opened have ended
    const double asked = questions();
    const auto without = followers.watch(2s);
    CHECK(without.followed > 0);
    CHECK(questions() == asked);  // redirects cost what they cost without Redis: nobody asks it
    CHECK(during.failed + without.failed == 0);
    CHECK(std::max(during.slowest, without.slowest) < 3 * deadline);  // one of them, on a machine that has more to do
    end();
    REQUIRE(eventually(10s, [&] { return is_up(); }));
    const double hits = metric(api, "link_cache_redis_hits_total");
    CHECK(eventually(10s, [&] { return metric(api, "link_cache_redis_hits_total") > hits + 100; }));
  };
  outage([&] { redis.freeze(); }, [&] { redis.thaw(); });
  outage([&] { redis.kill(); }, [&] { redis.start(); });
  const auto all = followers.take();
  CHECK(all.failed == 0);
}

TEST_CASE("an edit is seen by every process within the bound, Redis or not") {
  if (!RedisProcess::is_there()) return;
  RedisProcess redis;
  const TempFolder data;
  const std::vector<std::string> flags = {"--data", data.path().string(), "--cache", "local+" + redis.url()};
  ServerProcess one(flags);
  ServerProcess two(flags);
  ApiClient first(one.port());
  ApiClient second(two.port());
  for (const bool frozen : {false, true}) {
    const auto code = first.shorten_url("https://example.com/old");
    for (int i = 0; i < 20; ++i)
      CHECK(second.get("/" + code).header("Location") == "https://example.com/old");
    if (frozen) redis.freeze();
    REQUIRE(first.patch("/v1/links/" + code, R"({"longUrl":"https://example.com/new"})", "If-Match: *\r\n").status ==
            200);
    for (int i = 0; i < 20; ++i)
      CHECK(first.get("/" + code).header("Location") == "https://example.com/new");
    CHECK(eventually(5s, [&] { return second.get("/" + code).header("Location") == "https://example.com/new"; }));
    for (int i = 0; i < 20; ++i)
      CHECK(second.get("/" + code).header("Location") == "https://example.com/new");
    if (frozen) redis.thaw();
  }
}

TEST_CASE("a link is found everywhere at once, even where its code was asked for in vain a moment before") {
  if (!RedisProcess::is_there()) return;
  RedisProcess redis;
  const TempFolder data;
  const std::vector<std::string> flags = {"--data", data.path().string(), "--cache", redis.url()};
  ServerProcess one(flags);
  ServerProcess two(flags);
  ApiClient first(one.port());
  ApiClient second(two.port());
  for (int i = 0; i < 20; ++i) {
    const std::string alias = "talk-" + std::to_string(i);
    CHECK(second.get("/" + alias).status == 404);
    CHECK(first.shorten(R"({"longUrl":"https://example.com","alias":")" + alias + "\"}") == alias);
    CHECK(second.get("/" + alias).status == 302);
  }
}
