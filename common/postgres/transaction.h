// Several statements that happen together or not at all, on a connection of their own.
//
//   Result<int> left = co_await pool.transaction([&](Transaction& t) -> Task<Result<int>> {
//     const auto taken = co_await t.run("UPDATE stock SET n = n - 1 WHERE id = $1 RETURNING n", id);
//     if (taken.has_error()) co_return taken.error();
//     …
//   });
//
//   1. The closure's value is returned after COMMIT has been answered. When the closure returns an error or throws,
//      everything is rolled back.
//   2. After a serialization failure or a deadlock, of which the server says that nothing was done, the closure is run
//      again, after a jittered wait, a bounded number of times. So it must do the same twice: no effects outside of
//      the database, nothing moved out of its captures. It lives until the transaction ends: its captures are safe.
//   3. One deadline for all of it: the wait for a connection, the statements, the repetitions. Past it the connection
//      is dropped, and the server rolls back.
//   4. Only a COMMIT that was sent and not answered is `unknown_outcome`. Before that nothing has happened.
//   5. A closure that goes on after a failed statement, as if nothing were, gets an error from COMMIT, not success.
//
// Belongs to the thread it was begun on; one statement at a time.

#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "common/clock.h"
#include "common/postgres/call.h"
#include "common/postgres/parameters.h"
#include "common/postgres/rows.h"
#include "common/postgres/sql.h"
#include "common/postgres/sql_error.h"
#include "common/postgres/visitors.h"
#include "common/runtime/task.h"

namespace common::postgres {

class Connection;
class Lane;

// PostgreSQL's manual, section 13.2. The stricter two have serialization failures.
enum class Isolation { read_committed, repeatable_read, serializable };

struct TransactionOptions {
  Isolation isolation = Isolation::read_committed;
  std::optional<Duration> deadline = {};  // none: the pool's
};

class Transaction {
 public:
  // Runs one statement and waits for its answer.
  template <class... Arguments>
  Task<SqlResult<Rows>> run(Sql sql, const Arguments&... arguments) {
    return run_step(Call::Kind::step, sql, Parameters::of(arguments...));
  }

  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

 private:
  friend class Pool;

  Transaction(Lane& lane, TransactionOptions options);
  ~Transaction();

  // All attempts.
  template <class Body>
  std::invoke_result_t<Body&, Transaction&> run_all(Body& body) {
    for (;;) {
      auto outcome = co_await run_once(body);
      if (outcome.has_value() || !conflicted_) co_return std::move(outcome);  // copied, a Result<bool> would be true
      const bool again = co_await may_repeat();
      if (!again) co_return std::move(outcome);
    }
  }

  template <class Body>
  std::invoke_result_t<Body&, Transaction&> run_once(Body& body) {
    const auto began = co_await begin();
    if (began.has_error()) co_return began.error();
    std::optional<typename std::invoke_result_t<Body&, Transaction&>::value_type> outcome;
    std::exception_ptr thrown;
    try {
      outcome.emplace(co_await body(*this));
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown || outcome->has_error()) co_await roll_back();
    if (thrown) std::rethrow_exception(thrown);
    if (outcome->has_error()) co_return *std::move(outcome);
    const auto committed = co_await commit();
    if (committed.has_error()) co_return committed.error();
    co_return *std::move(outcome);
  }

  Task<SqlResult<>> begin();
  Task<SqlResult<>> commit();
  Task<> roll_back();
  Task<bool> may_repeat();
  Task<SqlResult<Rows>> run_step(Call::Kind kind, Sql sql, Parameters parameters);
  void release(bool clean);
  bool is_connected() const noexcept;

  Lane& lane_;
  const std::weak_ptr<Lane> lane_alive_;  // a coroutine that is destroyed instead of resumed may outlive it
  const Visitors::Visit visit_;
  const Isolation isolation_;
  const Instant deadline_;
  Connection* connection_ = nullptr;  // while begun
  std::uint64_t epoch_ = 0;           // of the connection, when it began: after a reconnect it is another session
  bool unanswered_ = false;           // an answer is due that nobody waits for
  bool conflicted_ = false;           // the server asks for another attempt
  int attempts_ = 0;
};

}  // namespace common::postgres
