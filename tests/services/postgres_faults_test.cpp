// What common/postgres/pool.h promises while the server is ill, away, or cut off: against the private server, behind a
// proxy that makes the faults.

#include <algorithm>

#include "tests/support/eventually.h"
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

constexpr Backoff quick{1ms, 20ms};
constexpr auto patience = 20s;

// Until `pool` is connected again; throws after `patience`.
Task<> wait_until_well(Pool& pool) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (pool.trouble()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("not connected: " + *pool.trouble());
    co_await sleep_for(1ms);  // between two questions
  }
}

// Until `holds()`, likewise.
Task<> wait_until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited in vain");
    co_await sleep_for(1ms);  // between two questions
  }
}

Task<> keep(Task<SqlResult<Rows>> call, std::optional<SqlResult<Rows>>& outcome) {
  outcome.emplace(co_await std::move(call));
}

Failure kind_of(const std::optional<SqlResult<Rows>>& outcome) {
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->has_error());
  return outcome->error().kind;
}

}  // namespace

TEST_CASE("a server that was never there: calls fail at once, and nothing was done") {
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  proxy.refuse(true);
  with_pool({.url = schema->url(proxy.port()), .backoff = quick}, [&](Pool& pool) -> Task<> {
    const auto read = co_await pool.read("SELECT 1");
    REQUIRE(read.has_error());
    CHECK(read.error().kind == Failure::unavailable);
    REQUIRE(pool.trouble());
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
      const auto written = co_await pool.write("SELECT 1");
      CHECK(written.error().kind == Failure::unavailable);
    }
    CHECK(std::chrono::steady_clock::now() - before < 1s);
    const auto transaction = co_await pool.transaction([](Transaction&) -> Task<Result<int>> { co_return 1; });
    REQUIRE(transaction.has_error());
    CHECK(transaction.error().kind == Failure::unavailable);

    proxy.refuse(false);
    co_await wait_until_well(pool);
    expect(co_await pool.read("SELECT 1"));
  });
}

TEST_CASE("a pool connects by itself after the server ended its sessions") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url(), .connections = 2, .backoff = quick}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    for (int round = 0; round < 5; ++round) {
      CHECK(schema->end_sessions() > 0);
      co_await wait_until_well(pool);
      // A read that was sent into a session about to end is sent again, behind its caller's back.
      expect(co_await pool.read("SELECT 1"));
      expect(co_await pool.read("SELECT $1::int", round));
    }
  });
}

TEST_CASE("a write whose answer was cut off is of unknown outcome, and was done") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int)");
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .backoff = quick}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    proxy.freeze(FaultyProxy::to_client);
    std::optional<SqlResult<Rows>> outcome;
    std::vector<Task<>> tasks;
    tasks.push_back(keep(pool.write("INSERT INTO t VALUES (1)"), outcome));
    tasks.push_back([](Schema& s, FaultyProxy& p) -> Task<> {
      co_await wait_until([&] { return s.ask("SELECT count(*) FROM t") == "1"; });
      p.cut();
    }(*schema, proxy));
    co_await together(std::move(tasks));
    CHECK(kind_of(outcome) == Failure::unknown_outcome);
    proxy.thaw();
    co_await wait_until_well(pool);
    auto rows = expect(co_await pool.read("SELECT count(*) FROM t"));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 1);  // once: it was not sent again
  });
}

TEST_CASE("a write that was cut off on its way is of unknown outcome, and is not sent again") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int)");
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .backoff = quick}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    proxy.cut_after(FaultyProxy::to_server, 10);
    const auto written = co_await pool.write("INSERT INTO t VALUES (1)");
    REQUIRE(written.has_error());
    CHECK(written.error().kind == Failure::unknown_outcome);
    co_await wait_until_well(pool);
    auto rows = expect(co_await pool.read("SELECT count(*) FROM t"));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 0);
  });
}

TEST_CASE("reads whose connection is cut in the middle of the answers are sent again") {
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .deadline = 20s, .backoff = quick},
            [&](Pool& pool) -> Task<> {
              for (const int bytes : {0, 1, 60, 700, 3000}) {
                expect(co_await pool.read("SELECT 1"));
                proxy.cut_after(FaultyProxy::to_client, bytes);
                std::vector<Task<>> tasks;
                for (int i = 0; i < 20; ++i) {
                  tasks.push_back([](Pool& p, int n) -> Task<> {
                    auto rows = expect(co_await p.read("SELECT repeat('x', 1000), $1::int", n));
                    if (!rows.next() || rows.integer(1) != n) throw std::runtime_error("not mine");
                  }(pool, i));
                }
                co_await together(std::move(tasks));
              }
              CHECK(proxy.connections() >= 6);
            });
}

TEST_CASE("while a connection comes back calls wait, and when that fails they fail, unsent") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int)");
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .backoff = quick}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    proxy.cut();
    co_await wait_until([&] { return pool.trouble().has_value(); });
    expect(co_await pool.write("INSERT INTO t VALUES (1)"));
    proxy.refuse(true);
    proxy.cut();
    co_await wait_until([&] { return pool.trouble().has_value(); });
    const auto written = co_await pool.write("INSERT INTO t VALUES (2)");
    REQUIRE(written.has_error());
    CHECK(written.error().kind == Failure::unavailable);
    proxy.refuse(false);
    co_await wait_until_well(pool);
    CHECK(schema->ask("SELECT count(*) FROM t") == "1");
  });
}

TEST_CASE("a frozen server costs each call its deadline, and late answers go to nobody else") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int)");
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    proxy.freeze(FaultyProxy::to_client);
    std::optional<SqlResult<Rows>> read;
    std::optional<SqlResult<Rows>> write;
    std::vector<Task<>> tasks;
    const auto before = std::chrono::steady_clock::now();
    tasks.push_back(keep(pool.read(50ms, "SELECT 111"), read));
    tasks.push_back(keep(pool.write(60ms, "INSERT INTO t VALUES (1) RETURNING 222"), write));
    co_await together(std::move(tasks));
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took >= 60ms);
    CHECK(took < 5s);
    CHECK(kind_of(read) == Failure::timed_out);
    CHECK(kind_of(write) == Failure::unknown_outcome);

    // Sent behind the two whose answers are still due.
    std::optional<SqlResult<Rows>> next;
    std::vector<Task<>> after;
    after.push_back(keep(pool.read("SELECT 333"), next));
    after.push_back([](FaultyProxy& p, std::uint64_t sent) -> Task<> {
      co_await wait_until([&] { return p.bytes(FaultyProxy::to_server) > sent; });
      p.thaw();
    }(proxy, proxy.bytes(FaultyProxy::to_server)));
    co_await together(std::move(after));
    auto rows = expect(*std::move(next));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 333);
    CHECK(proxy.connections() == 1);
    CHECK(schema->ask("SELECT count(*) FROM t") == "1");
  });
}

TEST_CASE("calls that could not be sent by their deadline were not done, not even later") {
  const auto schema = new_schema();
  if (!schema) return;
  schema->ask("CREATE TABLE t (id int)");
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .owed_max = 8}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    proxy.freeze(FaultyProxy::to_client);
    std::vector<std::optional<SqlResult<Rows>>> outcomes(20);
    std::vector<Task<>> tasks;
    for (auto& outcome : outcomes)
      tasks.push_back(keep(pool.write(50ms, "INSERT INTO t VALUES (1)"), outcome));
    co_await together(std::move(tasks));
    const auto unknown = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
      return outcome->has_error() && outcome->error().kind == Failure::unknown_outcome;
    });
    const auto not_done = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
      return outcome->has_error() && outcome->error().kind == Failure::timed_out;
    });
    CHECK(unknown > 0);
    CHECK(not_done > 0);
    CHECK(unknown + not_done == 20);
    proxy.thaw();
    expect(co_await pool.read("SELECT 1"));
    CHECK(schema->ask("SELECT count(*) FROM t") == std::to_string(unknown));
  });
}

TEST_CASE("a server that says nothing while answers are due is given up, and another connection made") {
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .silence_limit = 100ms, .backoff = quick},
            [&](Pool& pool) -> Task<> {
              expect(co_await pool.read("SELECT 1"));
              proxy.freeze(FaultyProxy::to_client);
              const auto read = co_await pool.read(50ms, "SELECT 1");
              REQUIRE(read.has_error());
              CHECK(read.error().kind == Failure::timed_out);
              co_await wait_until([&] { return pool.trouble().has_value(); });
              proxy.thaw();
              co_await wait_until_well(pool);
              expect(co_await pool.read("SELECT 1"));
              CHECK(proxy.connections() == 2);
            });
}

TEST_CASE("a statement may take as long as its deadline says, however silent the server is meanwhile") {
  const auto schema = new_schema();
  if (!schema) return;
  with_pool({.url = schema->url(), .deadline = 20s, .silence_limit = 20ms}, [](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT pg_sleep(0.1)"));
    expect(co_await pool.write("SELECT pg_sleep(0.1)"));
  });
}

TEST_CASE("an attempt to connect that gets no answer is given up") {
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  proxy.freeze(FaultyProxy::to_client);
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .connect_limit = 50ms, .backoff = quick},
            [&](Pool& pool) -> Task<> {
              const auto read = co_await pool.read("SELECT 1");
              REQUIRE(read.has_error());
              CHECK(read.error().kind == Failure::unavailable);
              proxy.thaw();
              co_await wait_until_well(pool);
              expect(co_await pool.read("SELECT 1"));
            });
}

TEST_CASE("a large value goes through a server that reads slowly, and a later call follows it") {
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1, .deadline = 20s}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT 1"));
    proxy.freeze(FaultyProxy::to_server);
    const std::string large(16U << 20, 'x');
    std::optional<SqlResult<Rows>> first;
    std::optional<SqlResult<Rows>> second;
    std::vector<Task<>> tasks;
    tasks.push_back(keep(pool.read("SELECT length($1)", large), first));
    tasks.push_back([](Pool& p, std::optional<SqlResult<Rows>>& outcome) -> Task<> {
      co_await sleep_for(20ms);  // the kernel's buffers are full, so this call waits
      outcome.emplace(co_await p.read("SELECT 2"));
    }(pool, second));
    tasks.push_back([](FaultyProxy& p) -> Task<> {
      co_await sleep_for(50ms);  // the slowness under test
      p.thaw();
    }(proxy));
    co_await together(std::move(tasks));
    auto length = expect(*std::move(first));
    REQUIRE(length.next());
    CHECK(length.integer(0) == 16 << 20);
    auto rows = expect(*std::move(second));
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == 2);
  });
}

TEST_CASE("what one turn of the loop asks leaves in one send") {
  const auto schema = new_schema();
  if (!schema) return;
  FaultyProxy proxy(schema->server_port());
  with_pool({.url = schema->url(proxy.port()), .connections = 1}, [&](Pool& pool) -> Task<> {
    expect(co_await pool.read("SELECT $1::int", 0));
    const auto before = proxy.reads(FaultyProxy::to_server);
    std::vector<Task<>> tasks;
    for (int i = 0; i < 64; ++i) {
      tasks.push_back([](Pool& p, int n) -> Task<> { expect(co_await p.read("SELECT $1::int", n)); }(pool, i));
    }
    co_await together(std::move(tasks));
    CHECK(proxy.reads(FaultyProxy::to_server) - before == 1);
  });
}
