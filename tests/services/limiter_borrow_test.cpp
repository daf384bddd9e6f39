// Borrowing: how many questions to Redis it saves, and by how much it may admit more.

#include <iostream>

#include "tests/rate_limiter/stores_under_test.h"
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
