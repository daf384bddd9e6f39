// A StalenessWatch over two processes of cache_aside on one database and one Redis, which is killed now and then.

#pragma once

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
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
  std::string cache = "";  // --cache; empty: the Redis
  int processes = 2;
  std::chrono::milliseconds bound{0};   // how old an answer may be
  std::vector<std::string> flags = {};  // further ones
  std::chrono::milliseconds time{10'000};
  std::uint64_t operations_max = UINT64_MAX;
  std::optional<std::chrono::milliseconds> kill_every = {};
  std::size_t keys = 10;
  int clients = 12;
  int write_every = 10;
};

inline StalenessWatch::Seen watch_staleness(const StalenessRun& run, RedisProcess& redis) {
  const std::string cache = run.cache.empty() ? redis.url() : run.cache;
  std::vector<std::string> flags{"--store",        run.database, "--cache",     cache,
                                 "--write-policy", run.policy,   "--log-level", "error"};
  flags.insert(flags.end(), run.flags.begin(), run.flags.end());
  std::vector<std::unique_ptr<ServerProcess>> servers;
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < run.processes; ++i) {
    servers.emplace_back(new ServerProcess(flags, {}, "cache_aside"));
    ports.push_back(servers.back()->port());
  }
  StalenessWatch watched(ports, run.keys, run.bound);
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
  auto seen = watched.run(run.clients, run.time, run.operations_max, run.write_every);
  over = true;
  killer.join();
  seen.kills = kills;
  std::cout << run.policy << ", " << cache.substr(0, cache.find(':')) << ": " << seen.reads << " reads, " << seen.hits
            << " of them hits, " << seen.writes << " writes, Redis killed " << kills << " times: " << seen.stale
            << " stale, " << seen.failed << " failed, the slowest answer took " << seen.slowest.count() << " ms"
            << std::endl;
  if (seen.stale > 0) std::cout << "  the first: " << seen.first.substr(0, 100) << std::endl;
  return seen;
}

}  // namespace testing
