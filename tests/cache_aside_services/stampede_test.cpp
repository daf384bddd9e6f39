// Two processes, one key that nobody has, a slow query, and everybody at once.

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>

#include "tests/support/api_client.h"
#include "tests/support/catch.h"
#include "tests/support/crowd.h"
#include "tests/support/postgres_support.h"
#include "tests/support/raw_client.h"
#include "tests/support/redis_process.h"
#include "tests/support/server_process.h"
#include "tests/support/size.h"

using namespace testing;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t queries(std::uint16_t port) {
  ApiClient api(port);
  const std::string text = api.get("/metrics").body;
  const std::string name = "\ndatabase_queries_total ";
  const auto at = text.find(name);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
}

struct Herd {
  std::uint64_t queries = 0;
  std::size_t answered = 0;
  std::chrono::milliseconds last{0};  // from the first request to the last answer
};

// `each` reads of one user at each of two processes, all under way at the same time.
Herd stampede(const std::string& policy, const std::string& database, const std::string& cache, std::size_t each,
              std::chrono::milliseconds delay) {
  const std::vector<std::string> flags{"--store",     database, "--cache",        cache,
                                       "--stampede",  policy,   "--store-delay",  std::to_string(delay.count()) + "ms",
                                       "--log-level", "error",  "--max-inflight", "20000"};
  ServerProcess one(flags, {}, "cache_aside");
  ServerProcess two(flags, {}, "cache_aside");
  ApiClient api(one.port());
  const auto created = api.post("/users", R"({"name":"wanted","email":"a@example.com"})");
  REQUIRE(created.status == 201);
  const std::string path = created.header("Location");
  ApiClient(two.port()).get("/users/999999");  // it has learned which ids there are
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < each; ++i) {
    clients.emplace_back(one.port());
    clients.emplace_back(two.port());
  }
  const std::uint64_t before = queries(one.port()) + queries(two.port());
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto began = Clock::now();
  for (auto& client : clients)
    client.send(request);
  Herd herd;
  for (auto& client : clients)
    herd.answered += client.response().status == 200 ? 1 : 0;
  herd.last = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  herd.queries = queries(one.port()) + queries(two.port()) - before;
  std::cout << std::left << std::setw(18) << policy << "2 x " << each << " reads: " << herd.queries
            << " queries, all answered after " << herd.last.count() << " ms, the query takes " << delay.count()
            << std::endl;
  return herd;
}

}  // namespace

TEST_CASE("a herd on one key costs about a query a read, one a process, or one in all") {
  if (!RedisProcess::is_there()) return;
  const auto schema = new_schema();
  if (!schema) return;
  raise_file_limit();
  RedisProcess redis;
  // Redis settles for three seconds after its start (cache_aside/server_redis.h).
  std::this_thread::sleep_for(4s);  // the settling is part of what is under test
  const std::size_t each = sanitized ? 100 : 500;
  const auto delay = 200ms;
  const auto bound = 150ms * slowness;

  const auto none = stampede("none", schema->url(), redis.url(), each, delay);
  CHECK(none.answered == 2 * each);
  CHECK(none.queries > each);
  CHECK(none.queries <= 2 * each);

  const auto flight = stampede("single_flight", schema->url(), redis.url(), each, delay);
  CHECK(flight.answered == 2 * each);
  CHECK(flight.queries == 2);
  CHECK(flight.last < delay + bound);

  const auto lock = stampede("distributed_lock", schema->url(), redis.url(), each, delay);
  CHECK(lock.answered == 2 * each);
  CHECK(lock.queries == 1);
  CHECK(lock.last < delay + bound);
}
