// Loads under way: who begins one, who waits, who is let down by whom.

#include "cache_aside/flights.h"

#include "cache_aside/id_horizon.h"
#include "common/runtime/park.h"
#include "tests/support/catch.h"
#include "tests/support/run_task.h"
#include "tests/support/running_runtime.h"

using namespace cache_aside;
using namespace std::chrono_literals;
using common::Task;

namespace {

// A load that ends when it is told to.
class Database {
 public:
  Flights::Load load() {
    return [this]() -> Task<Flights::Outcome> {
      const std::uint64_t number = ++begun_;
      co_await common::park(co_await common::asio::this_coro::executor,
                            [&](common::Parked self) { parked_.push_back(std::move(self)); });
      if (fails_) co_return common::Error{common::Failure::unavailable, "the database is away"};
      Entry entry;
      entry.version = number;
      co_return entry;
    };
  }
  void finish() {
    auto parked = std::move(parked_);
    parked_.clear();
    common::resume(std::move(parked));
  }
  std::uint64_t begun() const { return begun_; }
  bool fails_ = false;

 private:
  std::uint64_t begun_ = 0;
  std::vector<common::Parked> parked_;
};

Task<> turns(int count) {
  for (int i = 0; i < count; ++i)
    co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
}

struct Waiter {
  std::optional<Flights::Landed> landed;
};

Task<> wait_for(Flights& flights, Database& database, Flights::Join join, common::Duration patience, Waiter& waiter) {
  waiter.landed.emplace(co_await flights.fly("key", join, patience, database.load()));
}

}  // namespace

TEST_CASE("of many who want one key one loads, and all get what it got") {
  Flights flights;
  Database database;
  std::vector<Waiter> waiters(20);
  std::vector<Task<>> tasks;
  for (Waiter& waiter : waiters)
    tasks.push_back(wait_for(flights, database, Flights::Join::current, 5s, waiter));
  const auto finish = [&]() -> Task<> {
    co_await turns(10);
    database.finish();
  };
  tasks.push_back(finish());
  testing::run_tasks(std::move(tasks));
  CHECK(database.begun() == 1);
  int first = 0;
  for (const Waiter& waiter : waiters) {
    CHECK(waiter.landed->outcome->version == 1);
    first += waiter.landed->coalesced ? 0 : 1;
  }
  CHECK(first == 1);
}

TEST_CASE("who has no patience leaves alone: the load goes on, and nobody else fails") {
  Flights flights;
  Database database;
  Waiter hasty;
  Waiter patient;
  std::vector<Task<>> tasks;
  tasks.push_back(wait_for(flights, database, Flights::Join::current, 1ms, hasty));  // the leader
  tasks.push_back(wait_for(flights, database, Flights::Join::current, 5s, patient));
  const auto finish = [&]() -> Task<> {
    while (!hasty.landed)
      co_await common::sleep_for(1ms);  // until the hasty one has given up
    database.finish();
  };
  tasks.push_back(finish());
  testing::run_tasks(std::move(tasks));
  CHECK(database.begun() == 1);
  CHECK(hasty.landed->outcome.error().kind == common::Failure::timed_out);
  CHECK(patient.landed->outcome->version == 1);
}

TEST_CASE("who must not have what was loaded before it came waits for the next load, with all who come then") {
  Flights flights;
  Database database;
  Waiter early;
  std::vector<Waiter> late(5);
  const auto play = [&]() -> Task<> {
    std::vector<Task<>> none;
    common::spawn(co_await common::asio::this_coro::executor, "early",
                  wait_for(flights, database, Flights::Join::next, 5s, early));
    co_await turns(5);
    for (Waiter& waiter : late)
      common::spawn(co_await common::asio::this_coro::executor, "late",
                    wait_for(flights, database, Flights::Join::next, 5s, waiter));
    co_await turns(5);
    CHECK(database.begun() == 1);
    database.finish();
    co_await turns(10);
    CHECK(early.landed);
    CHECK_FALSE(late[0].landed);
    CHECK(database.begun() == 2);
    database.finish();
    co_await turns(10);
  };
  testing::run_task(play());
  CHECK(early.landed->outcome->version == 1);
  for (const Waiter& waiter : late)
    CHECK(waiter.landed->outcome->version == 2);
}

TEST_CASE("a load that fails fails for its own waiters, and the next begins anew") {
  Flights flights;
  Database database;
  database.fails_ = true;
  Waiter one;
  Waiter two;
  const auto play = [&]() -> Task<> {
    const auto executor = co_await common::asio::this_coro::executor;
    common::spawn(executor, "one", wait_for(flights, database, Flights::Join::current, 5s, one));
    co_await turns(5);
    database.finish();
    co_await turns(5);
    database.fails_ = false;
    common::spawn(executor, "two", wait_for(flights, database, Flights::Join::current, 5s, two));
    co_await turns(5);
    database.finish();
    co_await turns(5);
  };
  testing::run_task(play());
  CHECK(one.landed->outcome.error().kind == common::Failure::unavailable);
  CHECK(two.landed->outcome->version == 2);
}

TEST_CASE("waiters on several threads share a load") {
  testing::RunningRuntime running(4);
  Flights flights;
  std::atomic<int> loads{0};
  std::atomic<int> right{0};
  testing::run_on_threads(4, [&](std::size_t) -> Task<> {
    for (int i = 0; i < 200; ++i) {
      Flights::Load load = [&loads]() -> Task<Flights::Outcome> {
        Entry entry;
        entry.version = static_cast<std::uint64_t>(++loads);
        co_return entry;
      };
      const auto landed = co_await flights.fly("key", Flights::Join::current, 5s, std::move(load));
      right += landed.outcome.has_value() ? 1 : 0;
    }
  });
  CHECK(right == 800);
  CHECK(loads <= 800);
}

TEST_CASE("a flood of ids that cannot exist asks the database once at a time") {
  int asked = 0;
  std::uint64_t last = 10;
  IdHorizon horizon([&]() -> Task<common::Result<std::uint64_t>> {
    ++asked;
    co_await common::asio::post(co_await common::asio::this_coro::executor, common::use_task);
    co_return last;
  });
  std::vector<Task<>> tasks;
  int absent = 0;
  const auto ask = [&](std::uint64_t id) -> Task<> {
    const auto exists = co_await horizon.may_exist(id);
    absent += exists.has_value() && !*exists ? 1 : 0;
  };
  for (std::uint64_t i = 0; i < 1000; ++i)
    tasks.push_back(ask(1'000'000 + i));
  testing::run_tasks(std::move(tasks));
  CHECK(absent == 1000);
  CHECK(asked == 2);  // the first asker's, and one for all who came while it was under way
  last = 11;
  const auto created = testing::run_task(horizon.may_exist(11));
  CHECK(*created);
}
