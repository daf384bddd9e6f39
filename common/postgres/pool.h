// PostgreSQL for coroutines: a few connections a thread, each shared by many statements at once.
//
//   Pool pool(runtime, {.url = "postgres://user:secret@127.0.0.1:5432/links"});
//   auto rows = co_await pool.read("SELECT long_url FROM links WHERE code = $1", code);
//   if (rows.has_error()) co_return rows.error();
//   if (rows->next()) use(rows->text(0));
//
// A round trip takes as long for one statement as for a hundred. So statements do not wait for each other: all that a
// thread's coroutines ask in one turn of its loop leave together, and the server answers them in order (libpq's
// pipeline mode; docs/decisions/0015 has the figures).
//
//   1. read() changes nothing, and may share an error domain with other reads; what another's error takes down is
//      sent again, once more and alone. write() is a transaction of its own and is answered after its commit: nobody
//      else's error touches it. Several statements that belong together: transaction().
//   2. Order holds where one waits for another: between two calls that are both under way there is none.
//   3. Every call has a deadline. `timed_out`, `unavailable` and `overloaded` promise that nothing was done; a write
//      that was sent and not answered is `unknown_outcome`, and is never repeated here. A late answer is dropped.
//   4. While the server is away calls fail at once, `unavailable`; the pool connects again by itself, with back-off.
//      A call waits only for the first attempt to connect, or to connect again.
//   5. Queues are bounded (options.h): one more is `overloaded`.
//   6. A statement delays those behind it on its connection. What takes long belongs in a transaction; and a write
//      takes as long as the server's disk, so writes at one time are as many as connections, reads are not. Many small
//      writes are better one statement with arrays.
//   7. Cancelling a coroutine does not interrupt its call; the deadline does.
//
// Statements are prepared once on each connection, by text, when first used; parameters.h says what can be passed,
// rows.h what comes back. A SQL error has its SQLSTATE (sql_error.h).
//
// Thread rule: from any thread of the Runtime, each uses its own connections, without locks. stop() it before it goes
// and while the threads run, or destroy it after they ended; the Runtime lives longer.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/postgres/call.h"
#include "common/postgres/options.h"
#include "common/postgres/parameters.h"
#include "common/postgres/rows.h"
#include "common/postgres/sql.h"
#include "common/postgres/sql_error.h"
#include "common/postgres/target.h"
#include "common/postgres/transaction.h"
#include "common/runtime/runtime.h"
#include "common/runtime/task.h"

namespace common::postgres {

class Pool {
 public:
  // Connects in the background, once the Runtime runs. Throws std::runtime_error when `options.url` is no URL; a
  // server that is away is no reason to throw.
  Pool(Runtime& runtime, Options options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // `arguments` are copied at once; they may go before the call is awaited.
  template <class... Arguments>
  Task<SqlResult<Rows>> read(Sql sql, const Arguments&... arguments) {
    return execute(Call::Kind::read, sql, Parameters::of(arguments...), options_.deadline);
  }
  template <class... Arguments>
  Task<SqlResult<Rows>> write(Sql sql, const Arguments&... arguments) {
    return execute(Call::Kind::write, sql, Parameters::of(arguments...), options_.deadline);
  }
  // The same with a deadline of their own.
  template <class... Arguments>
  Task<SqlResult<Rows>> read(Duration deadline, Sql sql, const Arguments&... arguments) {
    return execute(Call::Kind::read, sql, Parameters::of(arguments...), deadline);
  }
  template <class... Arguments>
  Task<SqlResult<Rows>> write(Duration deadline, Sql sql, const Arguments&... arguments) {
    return execute(Call::Kind::write, sql, Parameters::of(arguments...), deadline);
  }

  // transaction.h. `body`: callable as Task<Result<T>>(Transaction&), or with SqlResult<T>.
  template <class Body>
  std::invoke_result_t<Body&, Transaction&> transaction(Body body) {
    return transaction(TransactionOptions{}, std::move(body));
  }
  template <class Body>
  std::invoke_result_t<Body&, Transaction&> transaction(TransactionOptions options, Body body) {
    Transaction transaction(local(), options);
    co_return co_await transaction.run_all(body);
  }

  // Why the calling thread has no connection that is ready, if so: for a health check.
  std::optional<std::string> trouble() const;

  // Refuses new calls (`closed`), waits for those under way, which is bounded by their deadlines, and closes all
  // connections. Nothing of the pool runs any more then.
  Task<> stop();

 private:
  Lane& local() const;
  Task<SqlResult<Rows>> execute(Call::Kind kind, Sql sql, Parameters parameters, Duration deadline);

  const Options options_;
  const Target target_;
  std::vector<std::shared_ptr<Lane>> lanes_;  // one a thread
};

}  // namespace common::postgres
