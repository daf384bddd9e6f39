// What common/postgres/transaction.h promises, against the private server.

#include "tests/support/faulty_proxy.h"
#include "tests/support/postgres_support.h"

using namespace common;
using namespace common::postgres;
using testing::expect;
using testing::FaultyProxy;
using testing::new_schema;
using testing::Schema;
using testing::together;
using testing::with_pool;
using namespace std::chrono_literals;

namespace {

// A table of one row, n = 0.
std::unique_ptr<Schema> new_counter() {
  auto schema = new_schema();
  if (schema) schema->ask("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)");
  return schema;
}

// Reads, decides, writes.
Task<Result<int>> increment(Transaction& transaction, int by = 1) {
  auto rows = co_await transaction.run("SELECT n FROM t WHERE id = 1");
  if (rows.has_error()) co_return rows.error();
  rows->next();
  const auto next = static_cast<int>(rows->integer(0)) + by;
  const auto written = co_await transaction.run("UPDATE t SET n = $1 WHERE id = 1", next);
  if (written.has_error()) co_return written.error();
  co_return next;
}

}  // namespace

TEST_CASE("a transaction that returns a value is committed before the value is there") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url()}, [&](Pool& pool) -> Task<> {
    const int result = expect(
        co_await pool.transaction([](Transaction& t) -> Task<Result<int>> { co_return co_await increment(t, 5); }));
    CHECK(result == 5);
    CHECK(schema->ask("SELECT n FROM t") == "5");
  });
}

// Copying a Result<bool> out of a coroutine asks it whether it has a value, which is another question.
TEST_CASE("a transaction that returns false returns false") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url()}, [&](Pool& pool) -> Task<> {
    const bool result = expect(co_await pool.transaction([](Transaction&) -> Task<Result<bool>> { co_return false; }));
    CHECK_FALSE(result);
  });
}

TEST_CASE("a transaction that returns an error or throws leaves nothing behind, and its connection can be used again") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url(), .transactions = 1}, [&](Pool& pool) -> Task<> {
    const auto refused = co_await pool.transaction([](Transaction& t) -> Task<Result<int>> {
      expect(co_await increment(t));
      co_return Error{Failure::invalid, "changed my mind"};
    });
    REQUIRE(refused.has_error());
    CHECK(refused.error().message == "changed my mind");

    std::string thrown;
    try {
      co_await pool.transaction([](Transaction& t) -> Task<Result<int>> {
        expect(co_await increment(t));
        throw std::runtime_error("stumbled");
      });
    } catch (const std::runtime_error& error) {
      thrown = error.what();
    }
    CHECK(thrown == "stumbled");

    const auto failed = co_await pool.transaction([](Transaction& t) -> Task<SqlResult<int>> {
      expect(co_await t.run("UPDATE t SET n = 9"));
      auto again = co_await t.run("INSERT INTO t VALUES (1, 1)");
      if (again.has_error()) co_return again.error();
      co_return 1;
    });
    REQUIRE(failed.has_error());
    CHECK(failed.error().is(sqlstate::unique_violation));

    CHECK(schema->ask("SELECT n FROM t") == "0");
    expect(co_await pool.transaction([](Transaction& t) -> Task<Result<int>> { co_return co_await increment(t); }));
    CHECK(schema->ask("SELECT n FROM t") == "1");
    CHECK(schema->sessions() <= 5);  // four shared and one exclusive: none was left behind
  });
}

TEST_CASE("a transaction that goes on after a failed statement is not taken for committed") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url()}, [&](Pool& pool) -> Task<> {
    const auto outcome = co_await pool.transaction([](Transaction& t) -> Task<Result<int>> {
      expect(co_await increment(t));
      const auto failed = co_await t.run("SELECT 1 / 0");
      CHECK(failed.has_error());
      co_return 1;
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().kind == Failure::internal);
    CHECK(schema->ask("SELECT n FROM t") == "0");
  });
}

TEST_CASE("serialization failures are tried again until every increment counts") {
  const auto schema = new_counter();
  if (!schema) return;
  Options options{.url = schema->url(), .transactions = 4, .deadline = 30s, .transaction_attempts_max = 1000};
  with_pool(options, [&](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    int attempts = 0;
    for (int i = 0; i < 16; ++i) {
      tasks.push_back([](Pool& p, int& count) -> Task<> {
        expect(co_await p.transaction({.isolation = Isolation::serializable}, [&](Transaction& t) -> Task<Result<int>> {
          ++count;
          co_return co_await increment(t);
        }));
      }(pool, attempts));
    }
    co_await together(std::move(tasks));
    CHECK(schema->ask("SELECT n FROM t") == "16");
    CHECK(attempts >= 16);
    WARN(attempts << " attempts for 16 transactions");
  });
}

TEST_CASE("a deadlock is tried again, and both transactions happen") {
  const auto schema = new_counter();
  if (!schema) return;
  schema->ask("INSERT INTO t VALUES (2, 0)");
  const std::string url = schema->url() + "%20-cdeadlock_timeout%3D20ms";
  with_pool({.url = url, .deadline = 30s}, [&](Pool& pool) -> Task<> {
    std::vector<Task<>> tasks;
    int arrived = 0;
    for (const int first : {1, 2}) {
      tasks.push_back([](Pool& p, int id, int& there) -> Task<> {
        expect(co_await p.transaction([&](Transaction& t) -> Task<Result<int>> {
          const auto one = co_await t.run("UPDATE t SET n = n + 1 WHERE id = $1", id);
          if (one.has_error()) co_return one.error();
          ++there;
          while (there < 2)
            co_await sleep_for(1ms);  // until each holds one
          const auto other = co_await t.run("UPDATE t SET n = n + 1 WHERE id = $1", 3 - id);
          if (other.has_error()) co_return other.error();
          co_return 1;
        }));
      }(pool, first, arrived));
    }
    co_await together(std::move(tasks));
    CHECK(arrived > 2);  // one of them began again
    CHECK(schema->ask("SELECT min(n) FROM t") == "2");
  });
}

TEST_CASE("a conflict that does not go away ends after a bounded number of attempts") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url(), .transaction_attempts_max = 3}, [&](Pool& pool) -> Task<> {
    int attempts = 0;
    const auto outcome = co_await pool.transaction([&](Transaction& t) -> Task<SqlResult<int>> {
      ++attempts;
      const auto raised = co_await t.run("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$");
      if (raised.has_error()) co_return raised.error();
      co_return 1;
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().is(sqlstate::serialization_failure));
    CHECK(outcome.error().kind == Failure::unavailable);
    CHECK(attempts == 3);
  });
}

TEST_CASE("transactions wait for a free connection, a bounded number of them, and not past their deadline") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url(), .transactions = 1, .transaction_queue_max = 2}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.transaction([](Transaction&) -> Task<Result<int>> { co_return 1; }));  // opens the connection
    std::vector<Task<>> tasks;
    bool release = false;
    tasks.push_back([](Pool& p, const bool& go) -> Task<> {
      expect(co_await p.transaction([&](Transaction& t) -> Task<Result<int>> {
        while (!go)
          co_await sleep_for(1ms);  // holds the only connection
        co_return co_await increment(t);
      }));
    }(pool, release));
    tasks.push_back([](Pool& p) -> Task<> {  // gets the connection in the end
      expect(co_await p.transaction([](Transaction& t) -> Task<Result<int>> { co_return co_await increment(t); }));
    }(pool));
    tasks.push_back([](Pool& p, bool& go) -> Task<> {
      const auto late =
          co_await p.transaction({.deadline = 30ms}, [](Transaction&) -> Task<Result<int>> { co_return 1; });
      CHECK(late.error().kind == Failure::timed_out);
      go = true;
    }(pool, release));
    tasks.push_back([](Pool& p) -> Task<> {
      const auto refused = co_await p.transaction([](Transaction&) -> Task<Result<int>> { co_return 1; });
      CHECK(refused.error().kind == Failure::overloaded);
    }(pool));
    co_await together(std::move(tasks));
    CHECK(schema->ask("SELECT n FROM t") == "2");
  });
}

TEST_CASE("a transaction past its deadline has done nothing, and its connection is not given to another") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url(), .transactions = 1}, [&](Pool& pool) -> Task<> {
    const auto late = co_await pool.transaction({.deadline = 60ms}, [](Transaction& t) -> Task<SqlResult<int>> {
      expect(co_await increment(t));
      const auto slept = co_await t.run("SELECT pg_sleep(0.3)");
      if (slept.has_error()) co_return slept.error();
      co_return 1;
    });
    REQUIRE(late.has_error());
    CHECK(late.error().kind == Failure::timed_out);
    const int n = expect(
        co_await pool.transaction([](Transaction& t) -> Task<Result<int>> { co_return co_await increment(t, 7); }));
    CHECK(n == 7);
  });
}

TEST_CASE("a transaction that returns after its deadline is not committed, and its connection does not keep it open") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url(), .transactions = 1}, [&](Pool& pool) -> Task<> {
    const auto late = co_await pool.transaction({.deadline = 50ms}, [](Transaction& t) -> Task<Result<int>> {
      const int n = expect(co_await increment(t));
      co_await sleep_for(60ms);  // past the deadline
      co_return n;
    });
    REQUIRE(late.has_error());
    CHECK(late.error().kind == Failure::timed_out);
    const int n = expect(
        co_await pool.transaction([](Transaction& t) -> Task<Result<int>> { co_return co_await increment(t, 7); }));
    CHECK(n == 7);
    CHECK(schema->ask("SELECT n FROM t") == "7");
  });
}

TEST_CASE("a conflict that a savepoint got over does not run a committed transaction twice") {
  const auto schema = new_counter();
  if (!schema) return;
  with_pool({.url = schema->url()}, [&](Pool& pool) -> Task<> {
    int attempts = 0;
    expect(co_await pool.transaction([&](Transaction& t) -> Task<Result<int>> {
      ++attempts;
      expect(co_await t.run("SAVEPOINT before"));
      const auto raised = co_await t.run("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$");
      CHECK(raised.has_error());
      expect(co_await t.run("ROLLBACK TO before"));
      co_return co_await increment(t);
    }));
    CHECK(attempts == 1);
    CHECK(schema->ask("SELECT n FROM t") == "1");
  });
}

TEST_CASE("a connection lost in a transaction undoes it, and a new one is not taken for it") {
  const auto schema = new_counter();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  Options options{.url = schema->url(proxy.port()), .transactions = 1, .backoff = {1ms, 5ms}};
  with_pool(options, [&](Pool& pool) -> Task<> {
    const auto outcome = co_await pool.transaction([&](Transaction& t) -> Task<SqlResult<int>> {
      expect(co_await increment(t));
      proxy.cut();
      while ((co_await pool.read("SELECT 1")).has_error())
        co_await sleep_for(1ms);  // until the shared ones, and so this one, are connected again
      co_await sleep_for(50ms);   // likewise
      const auto more = co_await t.run("UPDATE t SET n = 100");
      if (more.has_error()) co_return more.error();
      co_return 1;
    });
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().kind == Failure::unavailable);
    CHECK(schema->ask("SELECT n FROM t") == "0");
  });
}

TEST_CASE("a COMMIT whose answer is cut off is of unknown outcome, and is not tried again") {
  const auto schema = new_counter();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  Options options{.url = schema->url(proxy.port()), .transactions = 1, .backoff = {1ms, 5ms}};
  with_pool(options, [&](Pool& pool) -> Task<> {
    int attempts = 0;
    std::vector<Task<>> tasks;
    tasks.push_back([](Pool& p, FaultyProxy& faulty, int& count) -> Task<> {
      const auto outcome = co_await p.transaction([&](Transaction& t) -> Task<Result<int>> {
        ++count;
        const int n = expect(co_await increment(t));
        faulty.freeze(FaultyProxy::to_client);
        co_return n;
      });
      CHECK(outcome.error().kind == Failure::unknown_outcome);
    }(pool, proxy, attempts));
    tasks.push_back([](Schema& s, FaultyProxy& faulty) -> Task<> {
      while (s.ask("SELECT n FROM t") != "1")
        co_await sleep_for(1ms);  // until the commit, of which its client does not know
      faulty.cut();
      faulty.thaw();
    }(*schema, proxy));
    co_await together(std::move(tasks));
    CHECK(attempts == 1);
    CHECK(schema->ask("SELECT n FROM t") == "1");
  });
}
