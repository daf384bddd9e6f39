// What is decided while the store does not answer, and that it is then left alone.

#include "rate_limiter/limiter_store_guarded.h"

#include "rate_limiter/limiter_store_memory.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace rate_limiter;
using namespace std::chrono_literals;
using common::Result;
using common::Task;

namespace {

// A store that may be away, and counts how often it is asked.
class Remote final : public LimiterStore {
 public:
  explicit Remote(LimiterStore& inner) : inner_(inner) {}
  bool check_now(std::span<const Check>, std::span<Decision>) override { return false; }
  Task<Result<void>> check(std::span<const Check> checks, std::span<Decision> decisions) override {
    ++asked;
    if (away) co_return common::Error{failure, "no answer"};
    if (refuses_writes && inner_writes(checks[0])) co_return common::Error{common::Failure::internal, "MISCONF"};
    co_return co_await inner_.check(checks, decisions);
  }
  Task<Result<Snapshot>> look(const Check& check) override {
    ++asked;
    if (away) co_return common::Error{common::Failure::unavailable, "no answer"};
    co_return co_await inner_.look(check);
  }
  Task<Result<void>> forget(const Check& check) override { return inner_.forget(check); }

  bool away = false;
  common::Failure failure = common::Failure::unknown_outcome;
  bool refuses_writes = false;
  int asked = 0;

 private:
  bool inner_writes(const Check& check) {
    const Check peek{check.limit, check.key, 0};
    Decision decision;
    inner_.check_now({&peek, 1}, {&decision, 1});
    return check.cost > 0 && decision.remaining >= check.cost;
  }

  LimiterStore& inner_;
};

struct Site {
  explicit Site(FailurePolicy policy) : guarded(remote, local, {.policy = policy}, clock) {}
  Decision decide(std::int64_t cost = 1) {
    const Check check{&limit, "alice", cost};
    Decision decision;
    if (!guarded.check_now({&check, 1}, {&decision, 1})) {
      waited = true;
      REQUIRE(testing::run_task(guarded.check({&check, 1}, {&decision, 1})).has_value());
    }
    return decision;
  }

  common::ManualClock clock;
  common::SeededRandom random{1};
  RuleLimit limit{"rule", std::get<Limit>(make_limit(Algorithm::token_bucket, 3, 3600 * ticks_per_second))};
  LimiterStoreMemory shared{{}, clock, random};
  LimiterStoreMemory local{{}, clock, random};
  Remote remote{shared};
  LimiterStoreGuarded guarded;
  bool waited = false;
};

}  // namespace

TEST_CASE("while the store answers the policy has no say") {
  for (const auto policy : {FailurePolicy::local, FailurePolicy::allow, FailurePolicy::deny}) {
    Site site(policy);
    for (int i = 0; i < 3; ++i)
      CHECK(site.decide().allowed);
    const Decision refused = site.decide();
    CHECK_FALSE(refused.allowed);
    CHECK(refused.reason == Reason::limit_reached);
    CHECK_FALSE(site.guarded.trouble());
  }
}

TEST_CASE("after five failures in a row nobody asks the store, and decisions take no coroutine") {
  Site site(FailurePolicy::local);
  site.remote.away = true;
  for (int i = 0; i < 5; ++i)
    site.decide();
  CHECK(site.remote.asked == 5);
  CHECK_FALSE(site.guarded.is_up());
  site.waited = false;
  for (int i = 0; i < 100; ++i)
    site.decide();
  CHECK(site.remote.asked == 5);
  CHECK_FALSE(site.waited);
  CHECK(site.guarded.failures() == 5);
}

TEST_CASE("whatever the store's error is, it is a failure") {
  for (const auto failure : {common::Failure::internal, common::Failure::invalid, common::Failure::overloaded,
                             common::Failure::unavailable, common::Failure::timed_out}) {
    Site site(FailurePolicy::deny);
    site.remote.away = true;
    site.remote.failure = failure;
    for (int i = 0; i < 10; ++i)
      site.decide();
    CHECK(site.remote.asked == 5);
    CHECK(site.guarded.trouble());
  }
}

TEST_CASE("a store that refuses writes is not kept by the checks that need none") {
  Site site(FailurePolicy::deny);
  CHECK(site.decide(2).allowed);
  site.remote.refuses_writes = true;
  for (int i = 0; i < 5; ++i) {
    CHECK(site.decide(1).reason == Reason::store_unavailable);
    if (i < 4) CHECK(site.decide(2).reason == Reason::limit_reached);
  }
  CHECK_FALSE(site.guarded.is_up());
}

TEST_CASE("local: a budget of one's own, by the same rule") {
  Site site(FailurePolicy::local);
  CHECK(site.decide(3).allowed);  // the shared one is used up
  site.remote.away = true;
  int admitted = 0;
  for (int i = 0; i < 50; ++i)
    admitted += site.decide().allowed ? 1 : 0;
  CHECK(admitted == 3);
  CHECK_FALSE(site.guarded.trouble());
}

TEST_CASE("allow: everybody passes, and it says that nobody counted") {
  Site site(FailurePolicy::allow);
  site.remote.away = true;
  for (int i = 0; i < 50; ++i) {
    const Decision decision = site.decide();
    CHECK(decision.allowed);
    CHECK(decision.reason == Reason::store_unavailable);
  }
  CHECK_FALSE(site.guarded.trouble());
}

TEST_CASE("deny: nobody passes, and the server says that it is not ready") {
  Site site(FailurePolicy::deny);
  site.remote.away = true;
  for (int i = 0; i < 50; ++i) {
    const Decision decision = site.decide();
    CHECK_FALSE(decision.allowed);
    CHECK(decision.reason == Reason::store_unavailable);
    CHECK(decision.retry_after == ticks_per_second);
  }
  CHECK(site.guarded.trouble());
}

TEST_CASE("explaining without the store looks at what decides instead") {
  Site site(FailurePolicy::local);
  site.remote.away = true;
  site.decide();
  const Check check{&site.limit, "alice", 1};
  const auto snapshot = testing::run_task(site.guarded.look(check));
  REQUIRE(snapshot.has_value());
  State state = snapshot->state;
  CHECK(rate_limiter::check(state, site.limit.limit, snapshot->now, 0).remaining == 2);
}
