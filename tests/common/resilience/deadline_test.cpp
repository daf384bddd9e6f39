#include "common/resilience/deadline.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/run_task.h"

using namespace common;
using namespace std::chrono_literals;
using testing::run_task;

namespace {

Task<Result<int>> answer(int value) {
  co_return value;
}

Task<Result<int>> refuse(Failure kind) {
  co_return Error{kind, "refused"};
}

Task<Result<int>> fail_badly() {
  throw std::runtime_error("bug");
  co_return 0;
}

// Waits for a timer that never fires, until cancelled; then answers by `kind`, or by a value.
Task<Result<int>> hang(std::optional<Failure> kind, bool& cancelled) {
  co_await asio::this_coro::throw_if_cancelled(false);
  Timer timer(co_await asio::this_coro::executor, 24h);
  const auto [error] = co_await timer.async_wait(asio::as_tuple(use_task));
  cancelled = error == asio::error::operation_aborted;
  if (kind) co_return Error{*kind, "cancelled"};
  co_return 7;
}

// The same without looking: the cancellation comes as an exception.
Task<Result<int>> hang_and_throw() {
  Timer timer(co_await asio::this_coro::executor, 24h);
  co_await timer.async_wait(use_task);
  co_return 1;
}

Task<Result<void>> nothing() {
  co_return Result<void>{};
}

struct MoveOnly {
  explicit MoveOnly(int v) : value(std::make_unique<int>(v)) {}
  std::unique_ptr<int> value;
};
Task<Result<MoveOnly>> move_only() {
  co_return MoveOnly(3);
}

}  // namespace

TEST_CASE("an operation in time keeps its outcome, value or error") {
  REQUIRE(run_task(with_deadline(answer(5), 24h)).value() == 5);
  REQUIRE(run_task(with_deadline(refuse(Failure::invalid), 24h)).error().kind == Failure::invalid);
  REQUIRE(run_task(with_deadline(nothing(), 24h)).has_value());
  REQUIRE(*run_task(with_deadline(move_only(), 24h)).value().value == 3);
  REQUIRE_THROWS_WITH(run_task(with_deadline(fail_badly(), 24h)), "bug");
}

TEST_CASE("an operation that is late is cancelled and waited for") {
  bool cancelled = false;
  const auto outcome = run_task(with_deadline(hang(Failure::unavailable, cancelled), 1ms));
  REQUIRE(outcome.error().kind == Failure::timed_out);  // it promises what unavailable does: nothing was done
  REQUIRE(cancelled);
}

TEST_CASE("what was cut off under way is not said to have done nothing") {
  bool cancelled = false;
  REQUIRE(run_task(with_deadline(hang_and_throw(), 1ms)).error().kind == Failure::unknown_outcome);
  for (const Failure vague : {Failure::closed, Failure::internal}) {
    REQUIRE(run_task(with_deadline(hang(vague, cancelled), 1ms)).error().kind == Failure::unknown_outcome);
  }
}

TEST_CASE("a late operation that knows better is believed: a value, or an unknown outcome") {
  bool cancelled = false;
  REQUIRE(run_task(with_deadline(hang(std::nullopt, cancelled), 1ms)).value() == 7);
  REQUIRE(run_task(with_deadline(hang(Failure::unknown_outcome, cancelled), 1ms)).error().kind ==
          Failure::unknown_outcome);
}

TEST_CASE("with no time left the operation is not started") {
  bool cancelled = false;
  REQUIRE(run_task(with_deadline(hang(Failure::closed, cancelled), 0ms)).error().kind == Failure::timed_out);
  REQUIRE(run_task(with_deadline(answer(5), -1ms)).error().kind == Failure::timed_out);
  REQUIRE_FALSE(cancelled);
}

TEST_CASE("cancelling the caller cancels the operation, and is not called a timeout") {
  asio::io_context context(1);
  asio::cancellation_signal signal;
  bool cancelled = false;
  std::optional<Failure> seen;
  asio::co_spawn(
      context,
      [](bool& was_cancelled, std::optional<Failure>& kind) -> Task<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        const auto outcome = co_await with_deadline(hang(Failure::closed, was_cancelled), 24h);
        kind = outcome.error().kind;
      }(cancelled, seen),
      asio::bind_cancellation_slot(signal.slot(), [](const std::exception_ptr& error) { REQUIRE(!error); }));
  asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
  context.run();
  REQUIRE(cancelled);
  REQUIRE(seen == Failure::closed);
}
