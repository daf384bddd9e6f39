// Borrowing: how many questions to Redis it saves, and by how much it may admit more.

#include <atomic>
#include <iostream>

#include "tests/rate_limiter/stores_under_test.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_process.h"

using namespace rate_limiter;
using namespace testing;
using namespace std::chrono_literals;
using common::Task;

namespace {

constexpr Ticks second = ticks_per_second;

Task<> ask_often(LimiterStore& store, const RuleLimit& limit, int times, int& admitted) {
  for (int i = 0; i < times; ++i) {
    const Check check{&limit, "hot", 1};
    Decision decision;
    const auto outcome = co_await ask(store, {&check, 1}, {&decision, 1});
    if (outcome.has_error()) throw std::runtime_error(outcome.error().message);
    admitted += decision.allowed ? 1 : 0;
  }
}

// 64 coroutines of one thread.
int ask_from_many(LimiterStore& store, const RuleLimit& limit, int each) {
  int admitted = 0;
  std::vector<Task<>> tasks;
  for (int i = 0; i < 64; ++i)
    tasks.push_back(ask_often(store, limit, each, admitted));
  run_tasks(std::move(tasks));
  return admitted;
}

struct Processes {
  Processes() : running(1), first(running.runtime(), options()), second(running.runtime(), options()) {}
  ~Processes() { run_task(stop()); }
  Task<> stop() { co_await running.runtime().shut_down(10s); }
  static common::redis::Client::Options options() {
    return {.connection = {.endpoint = *redis_service()}, .timeout = 10s};
  }

  common::ManualClock clock;
  RunningRuntime running;
  common::redis::Client first;
  common::redis::Client second;
  LimiterStoreRedis first_redis{first, &clock};
  LimiterStoreRedis second_redis{second, &clock};
  LimiterStoreBorrowRedis one{first_redis, running.runtime(), clock, common::thread_random()};
  LimiterStoreBorrowRedis two{second_redis, running.runtime(), clock, common::thread_random()};
};

}  // namespace

TEST_CASE("a hot key costs a twentieth of the questions to Redis, or less") {
  if (!redis_service()) return;
  Processes processes;
  const auto open = rule_limit(Algorithm::token_bucket, 1'000'000, 60 * second);
  CHECK(ask_from_many(processes.one, open, 200) == 12'800);
  const auto allowed = processes.one.asked();
  std::cout << "borrow+redis, hot key, all admitted: 12800 decisions, " << allowed << " calls to Redis\n";
  CHECK(allowed * 20 <= 12'800);

  const auto shut = rule_limit(Algorithm::token_bucket, 5, 3'600 * second);
  CHECK(ask_from_many(processes.one, shut, 200) == 5);
  const auto refused = processes.one.asked() - allowed;
  std::cout << "borrow+redis, hot key, all but 5 refused: 12800 decisions, " << refused << " calls to Redis\n";
  CHECK(refused * 20 <= 12'800);
}

TEST_CASE("what is admitted beyond the rule in a period is at most a twentieth of the burst for each process") {
  if (!redis_service()) return;
  for (const Algorithm algorithm :
       {Algorithm::token_bucket, Algorithm::gcra, Algorithm::sliding_window_log, Algorithm::fixed_window}) {
    Processes processes;
    processes.clock.advance(std::chrono::microseconds{60 * second - ticks_of(processes.clock.now()) % (60 * second)});
    const auto limit = rule_limit(algorithm, 1'000, 60 * second);
    int before = 0;
    run_task(ask_often(processes.one, limit, 130, before));  // until it borrows as many as it may
    run_task(ask_often(processes.two, limit, 130, before));
    const std::int64_t left_in_redis = decide(processes.first_redis, limit, "hot", 0).remaining;
    const std::int64_t held = 1'000 - before - left_in_redis;
    processes.clock.advance(900ms);  // what is held is still good
    int within = ask_from_many(processes.one, limit, 10) + ask_from_many(processes.two, limit, 10);
    within += ask_from_many(processes.one, limit, 10);
    const std::int64_t rule_allows = left_in_redis + (has_burst(algorithm) ? 15 : 0);  // 900 ms of 1000 in 60 s
    std::cout << to_string(algorithm) << " 1000/1m, 2 processes: " << within << " admitted where the rule had "
              << rule_allows << " left; " << within - rule_allows << " were held, at most 100 may be\n";
    CHECK(held <= 100);
    CHECK(within <= rule_allows + 100);
    CHECK(within - rule_allows <= held);
    CHECK(before + within <= 1'015);  // nothing was handed out twice
  }
}

TEST_CASE("the most that is admitted in one period of a log's rule, with borrowing") {
  if (!redis_service()) return;
  Processes processes;
  const auto limit = rule_limit(Algorithm::sliding_window_log, 1'000, 60 * second);
  // Batches of 1, 2, 4, 8, 16, 32, and one of 50, of which 49 are held: the most there can be.
  int early = 0;
  run_task(ask_often(processes.one, limit, 64, early));
  run_task(ask_often(processes.two, limit, 64, early));
  CHECK(early == 128);
  processes.clock.advance(999ms);  // a period begins here: what is held is spent, then all that Redis has
  int within = 0;
  run_task(ask_often(processes.one, limit, 49, within));
  run_task(ask_often(processes.two, limit, 49, within));
  within += ask_from_many(processes.one, limit, 100);
  processes.clock.advance(60s - 999ms);  // those of the beginning are over, the period is not
  within += ask_from_many(processes.two, limit, 100);
  // In a tenth: what is handed out in it was taken within it or a second before, so within one period of Redis'.
  const auto other = rule_limit(Algorithm::sliding_window_log, 1'000, 60 * second);
  int at_once = ask_from_many(processes.one, other, 10);
  at_once += ask_from_many(processes.two, other, 20) + ask_from_many(processes.one, other, 10);
  CHECK(at_once == 1'000);
  std::cout << "sliding_window_log 1000/1m, borrow+redis, 2 processes: most admitted in one period "
            << static_cast<double>(within) / 1'000 << " x limit, proved 1.1 (1 + processes / 20); in a tenth of it "
            << static_cast<double>(at_once) / 1'000 << ", proved 1\n";
  CHECK(within > 1'080);
  CHECK(within <= 1'100);
}

TEST_CASE("on four threads of two processes the batches of a process are within its twentieth") {
  const std::string kind = "borrow";
  if (!LimiterStores::is_there(kind)) return;
  LimiterStores stores(kind);
  constexpr int burst = 800;  // ten for each thread
  const auto limit = rule_limit(Algorithm::token_bucket, burst, 60 * second);
  std::atomic<int> before = 0;
  std::atomic<int> within = 0;
  const auto ask_all = [&](LimiterStore& store, int times, std::atomic<int>& admitted) {
    run_on_threads(4, [&](std::size_t) -> Task<> {
      int own = 0;
      co_await ask_often(store, limit, times, own);
      admitted += own;
    });
  };
  ask_all(stores.one(), 17, before);
  ask_all(stores.two(), 17, before);
  const auto left = static_cast<int>(decide(stores.one(), limit, "hot", 0).remaining);  // Redis'
  const int held = burst - before - left;
  CHECK(held > 40);
  CHECK(held <= 2 * burst / 20);
  stores.clock().advance(900ms);
  constexpr int came = 12;  // in that time
  ask_all(stores.one(), 200, within);
  ask_all(stores.two(), 200, within);
  ask_all(stores.one(), 50, within);
  CHECK(within <= left + came + held);
  CHECK(within >= left + came);
  CHECK(before + within <= burst + came);  // nothing was handed out twice
}

TEST_CASE("a refusal that is remembered answers only its own cost") {
  if (!redis_service()) return;
  Processes processes;
  const auto limit = rule_limit(Algorithm::token_bucket, 10, 10 * second);
  CHECK(decide(processes.one, limit, "a", 8).allowed);
  const Decision five = decide(processes.one, limit, "a", 5);
  const Decision seven = decide(processes.one, limit, "a", 7);
  CHECK(five.retry_after == 3 * second);
  CHECK(seven.retry_after == 5 * second);
  CHECK(decide(processes.one, limit, "a", 11).retry_after == Decision::never);
  CHECK(decide(processes.one, limit, "a", 2).allowed);  // what was learned meanwhile is no answer to the other costs
  const auto asked = processes.one.asked();
  CHECK(decide(processes.one, limit, "a", 11).retry_after == Decision::never);
  CHECK(processes.one.asked() == asked);
}

TEST_CASE("a remembered refusal says the instant at which Redis admits, and not one tick less") {
  if (!redis_service()) return;
  for (const auto& [algorithm, id, description] : algorithms) {
    INFO(id);
    Processes processes;
    const auto limit = rule_limit(algorithm, 50, 20 * second);
    REQUIRE(decide(processes.one, limit, "hot", 50).allowed);
    for (const std::int64_t cost : {3, 7}) {
      CHECK_FALSE(decide(processes.one, limit, "hot", cost).allowed);
      processes.clock.advance(20ms);
      const auto asked = processes.one.asked();
      const Decision remembered = decide(processes.one, limit, "hot", cost);
      CHECK(processes.one.asked() == asked);
      const Decision told = decide(processes.first_redis, limit, "hot", cost);
      CHECK_FALSE(remembered.allowed);
      CHECK(remembered.retry_after == told.retry_after);
      CHECK(remembered.reset_after == told.reset_after);
    }
  }
}

TEST_CASE("however many ask for one key at once, none waits longer than the timeout of one call") {
  if (!RedisProcess::is_there()) return;
  RedisProcess redis;
  common::ManualClock clock;
  RunningRuntime running(1);
  constexpr auto timeout = 1s;
  common::redis::Client client(
      running.runtime(),
      {.connection = {.endpoint = common::redis::parse_endpoint(redis.url()).value()}, .timeout = timeout});
  LimiterStoreRedis store(client, &clock);
  LimiterStoreBorrowRedis borrowing(store, running.runtime(), clock, common::thread_random());
  for (const std::int64_t burst : {5, 1'000'000}) {  // without batches, and with them
    const auto limit = rule_limit(Algorithm::token_bucket, burst, 3'600 * second);
    REQUIRE(decide(borrowing, limit, "hot").allowed);
    redis.freeze();
    std::atomic<int> failed = 0;
    const auto ask_once = [&]() -> Task<> {
      const Check check{&limit, "hot", 1};
      Decision decision;
      const auto outcome = co_await ask(borrowing, {&check, 1}, {&decision, 1});
      failed += outcome.has_error() ? 1 : 0;
    };
    const auto start = std::chrono::steady_clock::now();
    std::vector<Task<>> tasks;
    for (int i = 0; i < 64; ++i)
      tasks.push_back(ask_once());
    run_tasks(std::move(tasks));
    CHECK(std::chrono::steady_clock::now() - start < 2 * timeout - 100ms);  // the second of two would end after that
    CHECK(failed == 64);
    redis.thaw();
    REQUIRE(eventually(10s, [&] {
      const Check peek{&limit, "hot", 0};
      Decision decision;
      return run_task(store.check({&peek, 1}, {&decision, 1})).has_value();
    }));
  }
  const auto stop = [&]() -> Task<> { co_await running.runtime().shut_down(10s); };
  run_task(stop());
}

TEST_CASE("a rule whose burst is small is exact") {
  if (!redis_service()) return;
  Processes processes;
  const auto limit = rule_limit(Algorithm::token_bucket, 19, 3'600 * second);
  int admitted = 0;
  for (int i = 0; i < 30; ++i) {
    admitted += decide(processes.one, limit, "a").allowed ? 1 : 0;
    admitted += decide(processes.two, limit, "a").allowed ? 1 : 0;
  }
  CHECK(admitted == 19);
}

TEST_CASE("a lease that has ended is not spent") {
  if (!redis_service()) return;
  Processes processes;
  const auto limit = rule_limit(Algorithm::fixed_window, 1'000, 3'600 * second);
  int admitted = 0;
  run_task(ask_often(processes.one, limit, 100, admitted));
  const auto asked = processes.one.asked();
  processes.clock.advance(1s);
  run_task(ask_often(processes.one, limit, 1, admitted));
  CHECK(processes.one.asked() == asked + 1);
}

TEST_CASE("forgetting a key starts it anew for who forgets it, and for others within a second") {
  if (!redis_service()) return;
  Processes processes;
  const auto limit = rule_limit(Algorithm::token_bucket, 5, 3'600 * second);
  int admitted = 0;
  run_task(ask_often(processes.one, limit, 10, admitted));
  run_task(ask_often(processes.two, limit, 10, admitted));
  CHECK(admitted == 5);
  const Check check{&limit, "hot", 1};
  REQUIRE(run_task(processes.one.forget(check)).has_value());
  CHECK(decide(processes.one, limit, "hot").allowed);
  CHECK_FALSE(decide(processes.two, limit, "hot").allowed);
  processes.clock.advance(1s);
  CHECK(decide(processes.two, limit, "hot").allowed);
}
