// Many who want one user at the same time, of two processes of cache_aside on one database and one Redis.

#pragma once

#include <chrono>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/crowd.h"
#include "tests/support/raw_client.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"

namespace testing {

inline std::uint64_t database_queries(std::uint16_t port) {
  ApiClient api(port);
  const std::string text = api.get("/metrics").body;
  const std::string name = "\ndatabase_queries_total ";
  const auto at = text.find(name);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
}

struct Herd {
  std::uint64_t queries = 0;
  std::size_t answered = 0;
  std::string refusal;                // the first answer that was not 200
  std::chrono::milliseconds last{0};  // from the first request to the last answer
};

// `each` reads of one user at each of two processes, all under way at the same time.
// A look-up in Redis may take a second here: where thousands come at once and others use the machine, 50 ms would be
// too short for the last, and who cannot ask Redis is not held back by its lock.
inline Herd stampede(const std::string& policy, const std::string& database, const std::string& cache, std::size_t each,
                     std::chrono::milliseconds delay) {
  const std::vector<std::string> flags{
      "--store",         database, "--cache",        cache,
      "--stampede",      policy,   "--store-delay",  std::to_string(delay.count()) + "ms",
      "--log-level",     "error",  "--max-inflight", "20000",
      "--redis-timeout", "1s"};
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two(flags, {}, "cache_aside");
  ApiClient api(one.port());
  raise_file_limit();
  const auto created = api.post("/users", R"({"name":"wanted","email":"a@example.com"})");
  REQUIRE(created.status == 201);
  const std::string path = created.header("Location");
  ApiClient(two.port()).get("/users/999999");  // it has learned which ids there are
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < each; ++i) {
    clients.emplace_back(one.port());
    clients.emplace_back(two.port());
  }
  const std::uint64_t before = database_queries(one.port()) + database_queries(two.port());
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto began = std::chrono::steady_clock::now();
  for (auto& client : clients)
    client.send(request);
  Herd herd;
  for (auto& client : clients) {
    const auto answer = client.response();
    if (answer.status == 200) {
      ++herd.answered;
    } else if (herd.refusal.empty()) {
      herd.refusal = std::to_string(answer.status) + " " + answer.body;
    }
  }
  herd.last = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  herd.queries = database_queries(one.port()) + database_queries(two.port()) - before;
  std::cout << std::left << std::setw(18) << policy << "2 x " << each << " reads: " << herd.queries
            << " queries, the last answer " << (herd.last - delay).count() << " ms after a query's " << delay.count()
            << " ms" << (herd.refusal.empty() ? "" : "; refused: ") << herd.refusal << std::endl;
  return herd;
}

// A Redis that has just come up is not read from for a while (cache_aside/server_redis.h).
inline void settle(const RedisProcess&) {
  std::this_thread::sleep_for(std::chrono::seconds{4});  // that while is the subject's own
}

}  // namespace testing
