// Waiting for a refill is tested with leased_ids.h, which does nothing else. Here: what begins without anybody waiting.

#include "url_shortener/refill.h"

#include <boost/asio/post.hpp>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace url_shortener;
using common::Error;
using common::Failure;
using common::Result;
using common::Task;
using testing::run_task;

namespace {

struct Store {
  Task<Result<>> fetch() {
    ++fetches;
    for (int turn = 0; turn < 10; ++turn)
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, common::use_task);
    ++ended;
    if (throws) throw std::runtime_error("a bug");
    if (broken) co_return Error{Failure::unavailable, "away"};
    co_return Result<>{};
  }

  int fetches = 0;
  int ended = 0;
  bool broken = false;
  bool throws = false;
  Refill refill{"test", [this] { return fetch(); }};
};

Task<> start_then_wait(Store& store, int& ended_after_start, Result<>& outcome) {
  const auto executor = co_await boost::asio::this_coro::executor;
  store.refill.start(executor);
  store.refill.start(executor);
  ended_after_start = store.ended;
  outcome = co_await store.refill.wait();
}

}  // namespace

TEST_CASE("a refill that is started holds up nobody, and who waits then waits for that one") {
  Store store;
  int ended_after_start = -1;
  Result<> outcome = Error{};
  run_task(start_then_wait(store, ended_after_start, outcome));
  CHECK(ended_after_start == 0);
  CHECK(outcome.has_value());
  CHECK(store.fetches == 1);
  CHECK(store.ended == 1);
}

TEST_CASE("a refill that fails tells those who wait for it, and the next one begins anew") {
  Store store;
  store.broken = true;
  int ended_after_start = -1;
  Result<> outcome;
  run_task(start_then_wait(store, ended_after_start, outcome));
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().kind == Failure::unavailable);
  store.broken = false;
  CHECK(run_task(store.refill.wait()).has_value());
  CHECK(store.fetches == 2);
}

TEST_CASE("a refill that throws is an internal error, and holds up nobody after it") {
  Store store;
  store.throws = true;
  CHECK(run_task(store.refill.wait()).error().kind == Failure::internal);
  store.throws = false;
  CHECK(run_task(store.refill.wait()).has_value());
}
