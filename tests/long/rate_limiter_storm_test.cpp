// The full sizes of concurrency and of the memory attack.

#include <atomic>
#include <fstream>
#include <iostream>
#include <thread>

#include "tests/rate_limiter/stores_under_test.h"
#include "tests/support/api_client.h"
#include "tests/support/files.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

using namespace rate_limiter;
using namespace testing;

namespace {

constexpr Ticks day = 24 * 3'600 * ticks_per_second;

std::size_t own_anonymous_bytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::string word;
  while (rollup >> word) {
    std::size_t kilobytes = 0;
    if (word == "Anonymous:" && rollup >> kilobytes) return kilobytes * 1'024;
  }
  return 0;
}

}  // namespace

TEST_CASE("a million checks by four processes on one Redis admit exactly the limit of 100") {
  if (!redis_service()) return;
  const TempFolder folder;
  const std::string rule = unique_name("storm");
  const auto rules = write_file(
      folder.path() / "rules.toml",
      "[[rule]]\nname = \"" + rule + "\"\nalgorithm = \"sliding_window_log\"\nlimit = 100\nperiod = \"24h\"\n");
  std::vector<std::unique_ptr<ServerProcess>> servers;
  for (int i = 0; i < 4; ++i) {
    const std::vector<std::string> flags{"--rules",         rules, "--store",   std::string(std::getenv("REDIS_URL")),
                                         "--store-timeout", "10s", "--threads", "1"};
    servers.push_back(std::make_unique<ServerProcess>(flags, Environment{}, "rate_limiter"));
  }
  constexpr int clients = 64;
  constexpr int each = 1'000'000 / clients;
  std::atomic<int> admitted = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      ApiClient api(servers[static_cast<std::size_t>(i) % servers.size()]->port());
      for (int n = 0; n < each; ++n) {
        const int status = api.post("/v1/check", R"({"rule":")" + rule + R"(","key":"everybody"})").status;
        admitted += status == 200 ? 1 : 0;
        refused += status == 429 ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  std::cout << "4 processes, one Redis: " << clients * each << " checks, " << admitted << " admitted, " << refused
            << " refused\n";
  CHECK(admitted == 100);
  CHECK(admitted + refused == clients * each);
}

TEST_CASE("a million checks by all threads of one process admit exactly the limit of 100") {
  common::ManualClock clock;
  common::SecureRandom random;
  for (const auto& [algorithm, id, description] : algorithms) {
    LimiterStoreMemory store({}, clock, random);
    const RuleLimit limit("storm", std::get<Limit>(make_limit(algorithm, 100, day)));
    std::atomic<int> admitted = 0;
    std::vector<std::thread> threads;
    const unsigned count = std::max(4u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) {
      threads.emplace_back([&] {
        for (unsigned n = 0; n < 1'000'000 / count; ++n) {
          const Check check{&limit, "everybody", 1};
          Decision decision;
          store.check_now({&check, 1}, {&decision, 1});
          admitted += decision.allowed ? 1 : 0;
        }
      });
    }
    for (auto& thread : threads)
      thread.join();
    INFO(id);
    CHECK(admitted == 100);
  }
}

TEST_CASE("ten million keys stay within the memory that a million were promised") {
  common::ManualClock clock;
  common::SecureRandom random;
  for (const auto& [algorithm, id, description] : algorithms) {
    const std::size_t before = own_anonymous_bytes();
    LimiterStoreMemory store({.keys_max = 1'000'000}, clock, random);
    const RuleLimit limit("attack", std::get<Limit>(make_limit(algorithm, 5, 60 * ticks_per_second)));
    const Ticks now = ticks_of(clock.now());
    for (int i = 0; i < 10'000'000; ++i)
      store.decide({&limit, "client-" + std::to_string(i), 1}, now + i);
    const auto counts = store.counts();
    const std::size_t after = own_anonymous_bytes();
    std::cout << id << ": 10,000,000 keys, " << counts.keys << " kept, " << counts.bytes / counts.keys
              << " bytes each, the process grew by " << (after - std::min(after, before)) / 1'048'576 << " MiB\n";
    CHECK(counts.keys <= 1'000'000);
    CHECK(counts.bytes <= 64'000'000);
    CHECK(after - std::min(after, before) < 2 * 64'000'000);  // growing needs old and new at once
  }
}
