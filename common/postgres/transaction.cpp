#include "common/postgres/transaction.h"

#include "common/postgres/lane.h"
#include "common/random.h"
#include "common/resilience/backoff.h"

namespace common::postgres {
namespace {

constexpr Backoff between_attempts{std::chrono::milliseconds{5}, std::chrono::milliseconds{200}};

Sql begin_text(Isolation isolation) {
  switch (isolation) {
    case Isolation::read_committed:
      return "BEGIN ISOLATION LEVEL READ COMMITTED";
    case Isolation::repeatable_read:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ";
    case Isolation::serializable:
      return "BEGIN ISOLATION LEVEL SERIALIZABLE";
  }
  return "BEGIN";
}

bool is_conflict(const SqlError& error) noexcept {
  return error.is(sqlstate::serialization_failure) || error.is(sqlstate::deadlock_detected);
}

}  // namespace

Transaction::Transaction(Lane& lane, TransactionOptions options)
    : lane_(lane),
      lane_alive_(lane.weak_from_this()),
      visit_(lane.callers()),
      isolation_(options.isolation),
      deadline_(std::chrono::steady_clock::now() + options.deadline.value_or(lane.options().deadline)) {}

Transaction::~Transaction() {
  if (!lane_alive_.expired()) release(false);
}

void Transaction::release(bool clean) {
  if (connection_ == nullptr) return;
  lane_.exclusive().release(*std::exchange(connection_, nullptr), clean);
  lane_.schedule_turn_over();
}

bool Transaction::is_connected() const noexcept {
  return connection_->state() == Connection::State::ready && connection_->epoch() == epoch_;
}

Task<SqlResult<>> Transaction::begin() {
  if (attempts_ == 0 && lane_.is_stopping()) co_return SqlError{{Failure::closed, "the database is closing"}};
  ++attempts_;
  conflicted_ = false;
  unanswered_ = false;
  const auto acquired = co_await lane_.exclusive().acquire(deadline_, lane_);
  if (acquired.has_error()) co_return acquired.error();
  connection_ = *acquired;
  epoch_ = connection_->epoch();
  const auto begun = co_await run_step(Call::Kind::step, begin_text(isolation_), {});
  if (begun.has_value()) co_return SqlResult<>{};
  release(false);
  co_return begun.error();
}

Task<SqlResult<Rows>> Transaction::run_step(Call::Kind kind, Sql sql, Parameters parameters) {
  if (!parameters.sendable()) co_return SqlError{{Failure::invalid, "a text has a NUL byte"}};
  if (!is_connected()) co_return SqlError{{Failure::unavailable, "the transaction's connection was lost"}};
  if (unanswered_ || deadline_ <= std::chrono::steady_clock::now()) {
    co_return SqlError{{Failure::timed_out, "the transaction's deadline has passed"}};
  }
  Call call(kind, sql.text(), std::move(parameters), deadline_);
  co_await park(lane_.executor(), [&](Parked self) { lane_.start_on(*connection_, call, std::move(self)); });
  if (call.answer->has_error()) {
    const SqlError& error = call.answer->error();
    unanswered_ = unanswered_ || error.code.empty();
    conflicted_ = conflicted_ || is_conflict(error);
  }
  co_return *std::move(call.answer);
}

Task<SqlResult<>> Transaction::commit() {
  // A conflict that the closure got over, by a savepoint, is none any more, unless the server says so now.
  const bool conflicted = std::exchange(conflicted_, false);
  const auto committed = co_await run_step(Call::Kind::commit, "COMMIT", {});
  release(committed.has_value() || !committed.error().code.empty());
  if (committed.has_error()) co_return committed.error();
  if (committed->command() == "COMMIT") co_return SqlResult<>{};
  // ROLLBACK: so the server answers when a statement had failed.
  conflicted_ = conflicted;
  const Failure kind = conflicted ? Failure::unavailable : Failure::internal;
  co_return SqlError{{kind, "a statement had failed, so the transaction was rolled back"}};
}

Task<> Transaction::roll_back() {
  const bool conflicted = conflicted_;
  const auto rolled_back = co_await run_step(Call::Kind::step, "ROLLBACK", {});
  conflicted_ = conflicted;
  release(rolled_back.has_value());
}

Task<bool> Transaction::may_repeat() {
  if (attempts_ >= lane_.options().transaction_attempts_max) co_return false;
  const auto wait = full_jitter(static_cast<std::uint32_t>(attempts_ - 1), between_attempts, thread_random());
  if (std::chrono::steady_clock::now() + wait >= deadline_) co_return false;
  co_await sleep_for(wait);
  co_return true;
}

}  // namespace common::postgres
