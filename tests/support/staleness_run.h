// A StalenessWatch over two processes of cache_aside on one database and one Redis, which is killed now and then.

#pragma once

#include <atomic>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/staleness.h"

namespace testing {

struct StalenessRun {
  std::string policy;
  std::string database;
  std::vector<std::string> flags = {};  // further ones
  std::chrono::milliseconds time{10'000};
  std::uint64_t operations_max = UINT64_MAX;
  std::optional<std::chrono::milliseconds> kill_every = {};
  std::size_t keys = 10;
  int clients = 12;
  int write_every = 10;
};

inline StalenessWatch::Seen watch_staleness(const StalenessRun& run, RedisProcess& redis) {
  std::vector<std::string> flags{"--store",        run.database, "--cache",     redis.url(),
                                 "--write-policy", run.policy,   "--log-level", "error"};
  flags.insert(flags.end(), run.flags.begin(), run.flags.end());
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two(flags, {}, "cache_aside");
  StalenessWatch watched({one.port(), two.port()}, run.keys);
  std::atomic<bool> over{false};
  std::atomic<int> kills{0};
  std::thread killer([&] {
    if (!run.kill_every) return;
    for (auto next = std::chrono::steady_clock::now() + *run.kill_every; !over;) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});  // until the next kill is due
      if (std::chrono::steady_clock::now() < next) continue;
      redis.kill();
      redis.start();
      ++kills;
      next += *run.kill_every;
    }
  });
  const auto seen = watched.run(run.clients, run.time, run.operations_max, run.write_every);
  over = true;
  killer.join();
  std::cout << run.policy << ": " << seen.reads << " reads, " << seen.writes << " writes, Redis killed " << kills
            << " times: " << seen.stale << " stale, " << seen.failed << " failed, the slowest answer took "
            << seen.slowest.count() << " ms" << std::endl;
  if (seen.stale > 0) std::cout << "  the first: " << seen.first.substr(0, 100) << std::endl;
  return seen;
}

}  // namespace testing
