// Live staleness, small: two processes, a real Redis that is killed again and again, a real PostgreSQL. In full:
// tests/long/cache_aside_staleness_test.cpp.

#include <atomic>
#include <iostream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/postgres_support.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"
#include "tests/support/staleness.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

// What a watch sees of two processes on one database and one Redis, which is killed and started again every `kill_every`.
StalenessWatch::Seen watch(const std::string& policy, const std::string& database, RedisProcess& redis,
                           std::chrono::milliseconds time, std::optional<std::chrono::milliseconds> kill_every,
                           const std::string& cache_prefix = "") {
  const std::vector<std::string> flags{"--store",        database, "--cache",       cache_prefix + redis.url(),
                                       "--write-policy", policy,   "--store-delay", "3ms",
                                       "--stampede",     "none",   "--log-level",   "error"};
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two(flags, {}, "cache_aside");
  StalenessWatch watched({one.port(), two.port()}, 10);
  std::atomic<bool> over{false};
  std::atomic<int> kills{0};
  std::thread killer([&] {
    if (!kill_every) return;
    for (auto next = std::chrono::steady_clock::now() + *kill_every; !over;) {
      std::this_thread::sleep_for(10ms);  // until the next kill is due
      if (std::chrono::steady_clock::now() < next) continue;
      redis.kill();
      redis.start();
      ++kills;
      next += *kill_every;
    }
  });
  const auto seen = watched.run(12, time, UINT64_MAX, 10);
  over = true;
  killer.join();
  std::cout << policy << ": " << seen.reads << " reads, " << seen.writes << " writes, Redis killed " << kills
            << " times: " << seen.stale << " stale, " << seen.failed << " failed" << std::endl;
  if (seen.stale > 0) std::cout << "  the first: " << seen.first.substr(0, 100) << std::endl;
  return seen;
}

}  // namespace

TEST_CASE("no read shows what an acknowledged write has overwritten, under lease and versioned, while Redis is killed") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  for (const std::string policy : {"lease", "versioned"}) {
    INFO(policy);
    const auto seen = watch(policy, schema->url(), redis, 8s, 5s);
    CHECK(seen.stale == 0);
    CHECK(seen.failed == 0);
    CHECK(seen.reads > 1000);
  }
}

TEST_CASE("the naive policy is caught") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  RedisProcess redis;
  CHECK(watch("delete_after_commit", schema->url(), redis, 12s, std::nullopt).stale > 0);
}
